import { registerEnumType } from "type-graphql";
import * as limits from "../limits/table.js";
import type * as access from "../records/access.js";
import type * as exported from "../records/film.js";
import type * as model from "../records/model.js";
import type * as session from "../records/session.js";
import { type Setting, styleTransferSettings } from "../records/settings.js";

/** An enum as type-graphql takes it: every value is its own name. */
type EnumObject<Name extends string> = { [Key in Name]: Key };

/** Registers a GraphQL enum with a description of each value. Returns the object that stands for it in field declarations. */
function enumType<Name extends string>(name: string, description: string, values: Record<Name, string>): EnumObject<Name> {
  const object = Object.fromEntries(Object.keys(values).map((value) => [value, value])) as EnumObject<Name>;
  const valuesConfig = Object.fromEntries(Object.entries<string>(values).map(([value, text]) => [value, { description: text }]));
  registerEnumType<EnumObject<string>>(object, { name, description, valuesConfig });
  return object;
}

export const SessionStatus = enumType<session.SessionStatus>("SessionStatus", "Where a session is between its start and its end.", {
  QUEUED: "Waits for a device, or for its model.",
  RUNNING: "Is computed on a device. It stays RUNNING while a device or the server starts again.",
  PAUSED: "Keeps its exact state and does not use the device.",
  COMPLETED: "Ended after its last step or frame.",
  CANCELLED: "Ended by cancelSession.",
  FAILED: "Ended by an error.",
});
export type SessionStatus = keyof typeof SessionStatus;

export const SessionKind = enumType<session.SessionKind>("SessionKind", "What a session does.", {
  STYLE_TRANSFER: "Repaints a picture in the style of others, step by step.",
  TRANSLATION: "Turns pictures into others with a trained model.",
  DEEP_DREAM: "Reserved: no session of this kind can be started.",
});
export type SessionKind = keyof typeof SessionKind;

export const SessionOrder = enumType<session.SessionOrder>("SessionOrder", "Which sessions come first in a list.", {
  NEWEST: "Those that were started last.",
  OLDEST: "Those that were started first.",
});
export type SessionOrder = keyof typeof SessionOrder;

export const ModelTask = enumType<model.ModelTask>("ModelTask", "What a model is for.", {
  FEATURES: "Measures style and content for style transfers.",
  TRANSLATION: "Turns one picture into another.",
});
export type ModelTask = keyof typeof ModelTask;

export const ModelFamily = enumType<model.ModelFamily>("ModelFamily", "Families of models, by how they were trained.", {
  VGG: "Feature models.",
  CYCLEGAN: "Translators trained on pictures without pairs.",
  PIX2PIX: "Translators trained on pairs of pictures.",
  FAST_STYLE: "Translators that paint in one style.",
  OTHER: "Translators whose card names none of these families.",
});
export type ModelFamily = keyof typeof ModelFamily;

export const ModelState = enumType<model.ModelState>("ModelState", "Whether a model can be used.", {
  READY: "The weights are on this server or in a mirror folder.",
  AVAILABLE: "Known, and downloaded when a session names it; until then that session is QUEUED.",
  DOWNLOADING: "The download is in progress.",
  FAILED: "Not usable; Model.failure gives the reason.",
});
export type ModelState = keyof typeof ModelState;

export const PictureKind = enumType<model.PictureKind>("PictureKind", "Kind of picture that a translator was made for.", {
  PHOTO: "A photograph.",
  LINE_DRAWING: "Dark lines on white.",
  LABEL_MAP: "Areas in colours that stand for objects.",
});
export type PictureKind = keyof typeof PictureKind;

export const LossTerm = enumType("LossTerm", "Terms of J that are measured at layers.", {
  CONTENT: "The content term.",
  STYLE: "The style term.",
});
export type LossTerm = keyof typeof LossTerm;

export const FrameReceiptStatus = enumType("FrameReceiptStatus", "What became of a live frame.", {
  ACCEPTED: "Its computation begins.",
  SUPERSEDED: "A newer frame replaced it before its turn.",
});
export type FrameReceiptStatus = keyof typeof FrameReceiptStatus;

export const ExportFormat = enumType<exported.FilmFormat>(
  "ExportFormat",
  "Formats of films. MP4 and WEBM need ffmpeg on the server; see ServerInfo.exportFormats.",
  {
    WEBP: "Animated WebP.",
    GIF: "Animated GIF.",
    MP4: "H.264 video.",
    WEBM: "VP9 video.",
  },
);
export type ExportFormat = keyof typeof ExportFormat;

export const ExportState = enumType<exported.ExportState>("ExportState", "How far an export is.", {
  QUEUED: "Waits for the exports before it.",
  RUNNING: "Is being made.",
  COMPLETED: "Export.url has the file.",
  CANCELLED: "Ended by cancelExport, or by the deletion of its session.",
  FAILED: "Ended by an error.",
});
export type ExportState = keyof typeof ExportState;

/** Descriptions of the values of settings that are choices, by the name of their enum. */
const choiceDescriptions: Record<string, Record<string, string>> = {
  OptimizerKind: { ADAM: "Adam, a first-order method.", LBFGS: "L-BFGS, a quasi-Newton method." },
  InitialImage: {
    CONTENT: "The content picture.",
    STYLE: "The first style picture, cropped to the shape of the content.",
    NOISE: "Noise from the seed.",
  },
};

/** Enums of the settings that are choices, by their GraphQL name. */
export const choiceEnums: Readonly<Record<string, EnumObject<string>>> = Object.fromEntries(
  Object.values<Setting>(styleTransferSettings).flatMap((setting) => {
    if (setting.kind !== "choice") return [];
    const values = setting.values.map((value) => [value, choiceDescriptions[setting.type]?.[value]]);
    return [[setting.type, enumType(setting.type, setting.description, Object.fromEntries(values))]];
  }),
);

export const AccessMode = enumType<access.AccessMode>("AccessMode", "How a server knows who may use it.", {
  NONE: "Everyone on its own machine, which alone can reach it.",
  LINK: "By links with a role.",
  USERS: "By links with a role, and by accounts at an identity provider.",
});
export type AccessMode = keyof typeof AccessMode;

export const Role = enumType<access.Role>("Role", "What someone may do.", {
  VIEWER: "Watch what is public or shared with them.",
  ARTIST: "Start sessions too, and change their own.",
  ADMIN: "Everything.",
});
export type Role = keyof typeof Role;

export const Visibility = enumType<access.Visibility>("Visibility", "Who may see a session besides its owner and admins.", {
  PRIVATE: "Nobody.",
  LINK: "Whoever opened a link to it.",
  PUBLIC: "Everyone, also without credentials.",
});
export type Visibility = keyof typeof Visibility;

export const Approval = enumType<access.Approval>("Approval", "Whether an admin lets others see a session.", {
  PENDING: "Waits for an admin; only its owner and admins see it.",
  APPROVED: "Others see it, as far as its visibility allows.",
  REFUSED: "Only its owner and admins see it.",
});
export type Approval = keyof typeof Approval;

export const LinkKind = enumType<access.LinkRecord["kind"]>("LinkKind", "What a link opens.", {
  ACCESS: "The server, with a role.",
  TOKEN: "The server, with a role, for programs.",
  SHARE: "One session, to watch.",
  OUTPUT: "The MJPEG stream of one lasting output.",
});
export type LinkKind = keyof typeof LinkKind;

export const LimitScope = enumType<limits.LimitScope>("LimitScope", "What a limit counts for.", limits.limitScopes);
export type LimitScope = keyof typeof LimitScope;
