import { registerEnumType } from "type-graphql";
import { exportStates, filmFormats } from "../exports/export.js";
import { modelFamilies, modelStates, modelTasks, pictureKinds } from "../records/model.js";
import { sessionKinds, sessionStatuses } from "../records/session.js";
import { type Setting, styleTransferSettings } from "../records/settings.js";

/** An enum as type-graphql takes it: every value is its own name. */
type EnumObject<Name extends string> = { [Key in Name]: Key };

interface EnumDescriptions<Name extends string> {
  description?: string;
  values?: Partial<Record<Name, string>>;
}

/** Registers a GraphQL enum. Returns the object that stands for it in field declarations. */
function enumType<Name extends string>(name: string, values: readonly Name[], descriptions: EnumDescriptions<Name> = {}): EnumObject<Name> {
  const object = Object.fromEntries(values.map((value) => [value, value])) as EnumObject<Name>;
  const valuesConfig = Object.fromEntries(values.map((value) => [value, { description: descriptions.values?.[value] }]));
  registerEnumType<EnumObject<string>>(object, { name, description: descriptions.description, valuesConfig });
  return object;
}

export const SessionStatus = enumType("SessionStatus", sessionStatuses);
export type SessionStatus = keyof typeof SessionStatus;

export const SessionKind = enumType("SessionKind", sessionKinds);
export type SessionKind = keyof typeof SessionKind;

export const ModelTask = enumType("ModelTask", modelTasks);
export type ModelTask = keyof typeof ModelTask;

export const ModelFamily = enumType("ModelFamily", modelFamilies, {
  values: { OTHER: "A generator whose card names none of these families." },
});
export type ModelFamily = keyof typeof ModelFamily;

export const ModelState = enumType("ModelState", modelStates, {
  values: {
    READY: "The weights are on this server or in a mirror folder.",
    AVAILABLE: "Known, and downloaded when a session names it; that session waits QUEUED meanwhile.",
  },
});
export type ModelState = keyof typeof ModelState;

export const PictureKind = enumType("PictureKind", pictureKinds, {
  values: { LINE_DRAWING: "Dark lines on white.", LABEL_MAP: "Areas in colours that stand for objects." },
});
export type PictureKind = keyof typeof PictureKind;

export const LossTerm = enumType("LossTerm", ["CONTENT", "STYLE"]);
export type LossTerm = keyof typeof LossTerm;

export const FrameReceiptStatus = enumType("FrameReceiptStatus", ["ACCEPTED", "SUPERSEDED"], {
  values: { ACCEPTED: "Its work has begun.", SUPERSEDED: "A newer frame replaced it before its turn." },
});
export type FrameReceiptStatus = keyof typeof FrameReceiptStatus;

export const ExportFormat = enumType("ExportFormat", filmFormats, {
  description: "MP4 and WEBM where the server has ffmpeg; see ServerInfo.exportFormats.",
});
export type ExportFormat = keyof typeof ExportFormat;

export const ExportState = enumType("ExportState", exportStates);
export type ExportState = keyof typeof ExportState;

/** Enums of the settings that are choices, by their GraphQL name. */
export const choiceEnums: Readonly<Record<string, EnumObject<string>>> = Object.fromEntries(
  Object.values<Setting>(styleTransferSettings).flatMap((setting) =>
    setting.kind === "choice" ? [[setting.type, enumType(setting.type, setting.values)]] : [],
  ),
);
