import { registerEnumType } from "type-graphql";
import { type InitialImage as InitialImageName, initialImages, type OptimizerKind as OptimizerName, optimizers } from "../records/settings.js";
import { type SessionKind as KindName, type SessionStatus as StatusName, sessionKinds, sessionStatuses } from "../records/session.js";

type EnumObject<Name extends string> = { [Key in Name]: Key };

/** An object that type-graphql takes for an enum whose values are their own names. */
function enumOf<Name extends string>(names: readonly Name[]): EnumObject<Name> {
  return Object.fromEntries(names.map((name) => [name, name])) as EnumObject<Name>;
}

const modelTasks = ["FEATURES", "TRANSLATION"] as const;
const modelFamilies = ["VGG", "CYCLEGAN", "PIX2PIX", "FAST_STYLE", "OTHER"] as const;
const modelStates = ["READY", "AVAILABLE", "DOWNLOADING", "FAILED"] as const;
const pictureKinds = ["PHOTO", "LINE_DRAWING", "LABEL_MAP"] as const;
const lossTerms = ["CONTENT", "STYLE"] as const;

const frameReceiptStatuses = ["ACCEPTED", "SUPERSEDED"] as const;

export type FrameReceiptStatusName = (typeof frameReceiptStatuses)[number];
export type ModelTaskName = (typeof modelTasks)[number];
export type ModelFamilyName = (typeof modelFamilies)[number];
export type ModelStateName = (typeof modelStates)[number];
export type PictureKindName = (typeof pictureKinds)[number];
export type LossTermName = (typeof lossTerms)[number];
export type { InitialImageName, KindName, OptimizerName, StatusName };

export const SessionStatus = enumOf(sessionStatuses);
export const SessionKind = enumOf(sessionKinds);
export const OptimizerKind = enumOf(optimizers);
export const InitialImage = enumOf(initialImages);
export const ModelTask = enumOf(modelTasks);
export const ModelFamily = enumOf(modelFamilies);
export const ModelState = enumOf(modelStates);
export const PictureKind = enumOf(pictureKinds);
export const LossTerm = enumOf(lossTerms);
export const FrameReceiptStatus = enumOf(frameReceiptStatuses);

registerEnumType(SessionStatus, { name: "SessionStatus" });
registerEnumType(SessionKind, { name: "SessionKind" });
registerEnumType(OptimizerKind, { name: "OptimizerKind" });
registerEnumType(InitialImage, { name: "InitialImage" });
registerEnumType(ModelTask, { name: "ModelTask" });
registerEnumType(ModelFamily, {
  name: "ModelFamily",
  valuesConfig: { OTHER: { description: "A generator that its card counts to none of these families." } },
});
registerEnumType(ModelState, {
  name: "ModelState",
  valuesConfig: {
    READY: { description: "Its weights lie on this server or in a mirror folder." },
    AVAILABLE: { description: "Known, and fetched when a session names it; that session waits QUEUED meanwhile." },
  },
});
registerEnumType(PictureKind, {
  name: "PictureKind",
  valuesConfig: {
    LINE_DRAWING: { description: "Dark lines on white." },
    LABEL_MAP: { description: "Areas in colours that stand for things." },
  },
});
registerEnumType(LossTerm, { name: "LossTerm" });
registerEnumType(FrameReceiptStatus, {
  name: "FrameReceiptStatus",
  valuesConfig: {
    ACCEPTED: { description: "Its work has begun." },
    SUPERSEDED: { description: "A newer frame took its place before its turn came." },
  },
});
