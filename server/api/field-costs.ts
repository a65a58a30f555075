import { type GraphQLNamedType, isInterfaceType, isObjectType } from "graphql";
import { limitTable } from "../limits/table.js";
import { styleTransferLimits } from "../records/settings.js";
import { apiLimits } from "./limits.js";

/** Cost of a field that reads rows of the database, once for each parent. */
const LOOKUP = 50;

/**
 * Costs of fields that read more than their parent, by type and name; every other field costs 1. A loss curve is thinned
 * from all frames, however few points it gets. `Frame.data` is read and encoded.
 */
export const lookupCosts: Readonly<Record<string, number>> = {
  "Query.session": LOOKUP,
  "Query.sessions": LOOKUP,
  "Query.queue": LOOKUP,
  "Query.image": LOOKUP,
  "Query.images": LOOKUP,
  "Query.frame": LOOKUP,
  "Session.queuePosition": 10,
  "Session.latestFrame": LOOKUP,
  "Session.frames": LOOKUP,
  "StyleTransferSession.content": LOOKUP,
  "StyleTransferSession.styles": LOOKUP,
  "StyleTransferSession.initialStyles": LOOKUP,
  "StyleTransferSession.parent": LOOKUP,
  "StyleTransferSession.branches": LOOKUP,
  "StyleTransferSession.changes": LOOKUP,
  "StyleTransferSession.losses": 500,
  "TranslationSession.source": LOOKUP,
  "TranslationSession.model": 10,
  "Image.sessions": LOOKUP,
  "Frame.session": LOOKUP,
  "Frame.data": 200,
  "Model.preview": 10,
  "Model.sheet": 10,
  "Model.isDefault": 10,
};

/** Arguments that set the length of a list, with their highest value. */
export const lengthArguments: Readonly<Record<string, number>> = { first: apiLimits.maxPageSize, points: apiLimits.maxLossPoints };

/**
 * Lengths of lists without such an argument, by type and name: the highest, or where nothing limits them, a usual one.
 * `StyleTransferSession.changes` counts when it is read, by the number of changes that there are.
 */
export const listLengths: Readonly<Record<string, number>> = {
  "Query.models": 50,
  "Model.layers": 20,
  "ServerInfo.devices": 4,
  "ServerInfo.refusedDevices": 4,
  "ServerInfo.limits": Object.keys(limitTable).length,
  "ServerInfo.stepTimes": 2,
  "Session.devices": 4,
  "Losses.layers": 20,
  "Session.exports": limitTable.exports.value,
  "StyleTransferSession.styles": styleTransferLimits.maxStyles,
  "StyleTransferSession.initialStyles": styleTransferLimits.maxStyles,
  "StyleTransferSettings.contentLayers": 20,
  "StyleTransferSettings.styleLayers": 20,
  "SettingsChange.styleLayers": 5,
  "SettingsChange.styles": 2,
};

/** The entry of a table for a field, which may be declared by an interface of its type. */
export function entryOf<Value>(table: Readonly<Record<string, Value>>, type: GraphQLNamedType | null | undefined, field: string) {
  if (!isObjectType(type) && !isInterfaceType(type)) return undefined;
  const names = [type.name, ...type.getInterfaces().map(({ name }) => name)];
  return names.map((name) => table[`${name}.${field}`]).find((value) => value !== undefined);
}
