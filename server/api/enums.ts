import { registerEnumType } from "type-graphql";
import {
  type SessionKind as KindName,
  type ModelFamily as ModelFamilyName,
  modelFamilies,
  type SessionStatus as StatusName,
  sessionKinds,
  sessionStatuses,
} from "../records/session.js";
import { type Setting, styleTransferSettings } from "../records/settings.js";

type EnumObject<Name extends string> = { [Key in Name]: Key };

/** The object that type-graphql expects for an enum whose values are their own names. */
function enumOf<Name extends string>(names: readonly Name[]): EnumObject<Name> {
  return Object.fromEntries(names.map((name) => [name, name])) as EnumObject<Name>;
}

const modelTasks = ["FEATURES", "TRANSLATION"] as const;
const modelStates = ["READY", "AVAILABLE", "DOWNLOADING", "FAILED"] as const;
const pictureKinds = ["PHOTO", "LINE_DRAWING", "LABEL_MAP"] as const;
const lossTerms = ["CONTENT", "STYLE"] as const;

const frameReceiptStatuses = ["ACCEPTED", "SUPERSEDED"] as const;

export type FrameReceiptStatusName = (typeof frameReceiptStatuses)[number];
export type ModelTaskName = (typeof modelTasks)[number];
export type ModelStateName = (typeof modelStates)[number];
export type PictureKindName = (typeof pictureKinds)[number];
export type LossTermName = (typeof lossTerms)[number];
export type { KindName, ModelFamilyName, StatusName };

export const SessionStatus = enumOf(sessionStatuses);
export const SessionKind = enumOf(sessionKinds);
export const ModelTask = enumOf(modelTasks);
export const ModelFamily = enumOf(modelFamilies);
export const ModelState = enumOf(modelStates);
export const PictureKind = enumOf(pictureKinds);
export const LossTerm = enumOf(lossTerms);
export const FrameReceiptStatus = enumOf(frameReceiptStatuses);

registerEnumType(SessionStatus, { name: "SessionStatus" });
registerEnumType(SessionKind, { name: "SessionKind" });

/** Enums of the settings that are choices, by their GraphQL name. */
export const choiceEnums: Record<string, EnumObject<string>> = Object.fromEntries(
  Object.values<Setting>(styleTransferSettings).flatMap((setting) => {
    if (setting.kind !== "choice") return [];
    const values = enumOf(setting.values);
    registerEnumType(values, { name: setting.type });
    return [[setting.type, values]];
  }),
);

registerEnumType(ModelTask, { name: "ModelTask" });
registerEnumType(ModelFamily, {
  name: "ModelFamily",
  valuesConfig: { OTHER: { description: "A generator whose card names none of these families." } },
});
registerEnumType(ModelState, {
  name: "ModelState",
  valuesConfig: {
    READY: { description: "The weights are on this server or in a mirror folder." },
    AVAILABLE: { description: "Known, and downloaded when a session names it; that session waits QUEUED meanwhile." },
  },
});
registerEnumType(PictureKind, {
  name: "PictureKind",
  valuesConfig: {
    LINE_DRAWING: { description: "Dark lines on white." },
    LABEL_MAP: { description: "Areas in colours that stand for objects." },
  },
});
registerEnumType(LossTerm, { name: "LossTerm" });
registerEnumType(FrameReceiptStatus, {
  name: "FrameReceiptStatus",
  valuesConfig: {
    ACCEPTED: { description: "Its work has begun." },
    SUPERSEDED: { description: "A newer frame replaced it before its turn." },
  },
});
