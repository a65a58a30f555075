export type ModelTask = "FEATURES" | "TRANSLATION";

export type ModelFamily = "VGG" | "CYCLEGAN" | "PIX2PIX" | "FAST_STYLE" | "OTHER";

export type ModelState = "READY" | "AVAILABLE" | "DOWNLOADING" | "FAILED";

/** Kinds of pictures that a translator may be made for. */
export type PictureKind = "PHOTO" | "LINE_DRAWING" | "LABEL_MAP";

/** The form in which earlier servers knew a model's id, and in which sessions and links may have stored it. */
export function formerModelId(id: string): string {
  return id.replaceAll("_", "-");
}

/** The one of `ids` that `asked` names: the same one, else the first with this former form; `asked` where there is none. */
export function currentModelId(ids: readonly string[], asked: string): string {
  return ids.includes(asked) ? asked : (ids.find((id) => formerModelId(id) === asked) ?? asked);
}

/** A model as clients see it. */
export interface ModelInfo {
  /** Lower-case letters, digits, hyphens and underscores: the name of the model's folder. */
  id: string;
  title: string;
  task: ModelTask;
  family: ModelFamily;
  state: ModelState;
  /** Native input size, px. */
  size: number;
  /** Smallest size that a translation may have, px; null for feature models. */
  minSize: number | null;
  /** Kind of picture that a translator was made for; null for feature models. */
  takes: PictureKind | null;
  parameters: number;
  /** Size of the model's file. */
  bytes: number;
  licence: string;
  /** Where the weights come from. */
  source: string;
  /** 0..1 while DOWNLOADING, else null. */
  downloadProgress: number | null;
  /** Why the model is FAILED, else null. */
  failure: string | null;
  /**
   * Whether a FAILED model is downloaded again when a session names it: a network, a server or a bad file was the
   * cause.
   */
  willRetry: boolean;
  /** True only in the last notice of a model whose folder was removed: no list holds the model any more. */
  removed: boolean;
}
