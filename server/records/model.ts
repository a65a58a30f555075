export type ModelTask = "FEATURES" | "TRANSLATION";

export type ModelFamily = "VGG" | "CYCLEGAN" | "PIX2PIX" | "FAST_STYLE" | "OTHER";

export type ModelState = "READY" | "AVAILABLE" | "DOWNLOADING" | "FAILED";

/** Kinds of pictures that a translator may be made for. */
export type PictureKind = "PHOTO" | "LINE_DRAWING" | "LABEL_MAP";

/** A model as clients see it. */
export interface ModelInfo {
  /** Lower-case letters, digits and hyphens. */
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
