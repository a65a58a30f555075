import type { Architecture } from "./architecture.js";
import type { ModelCard } from "./card.js";
import { type FeatureLayer, vgg19Layers } from "./vgg19.js";
import { vgg19LiteLayers } from "./vgg19-lite.js";

/** Properties of a model that are known before its file is on this server. */
export type ModelFacts = Pick<
  ModelCard,
  "id" | "title" | "task" | "family" | "size" | "parameters" | "bytes" | "licence" | "source" | "architecture" | "translation" | "takes"
>;

/** A model as it is listed. */
export interface Model extends ModelFacts {
  state: "READY" | "AVAILABLE" | "DOWNLOADING" | "FAILED";
  /** Shortest side of a picture to translate, px; null for feature models. */
  minSize: number | null;
  /** 0..1 while DOWNLOADING, else null. */
  downloadProgress: number | null;
  /** Why it is FAILED, else null. */
  failure: string | null;
  /** Whether a FAILED model is downloaded again when a session names it. */
  willRetry: boolean;
  /** Whether its folder was removed and it left the list; set only in the last event about the model. */
  removed: boolean;
}

/** A model whose file has been verified. */
export interface ModelFile {
  card: ModelCard;
  /** Absolute. */
  path: string;
}

/** A place that a model can be downloaded from. */
export interface ModelSource {
  readonly facts: ModelFacts;
  /**
   * Puts the model's verified file into the folder, and then its card.
   * @throws AtelierError UNAVAILABLE when it cannot be downloaded; the signal's reason when it aborts.
   */
  download(options: ModelDownloadOptions): Promise<void>;
}

export interface ModelDownloadOptions {
  /** The model's folder, which exists; nothing is written elsewhere. */
  folder: string;
  signal: AbortSignal;
  /** Receives the finished part of the work, 0..1. */
  progress(done: number): void;
}

/** Layers of a feature model with this architecture, shallow to deep; empty for generators and ONNX files. */
export function featureLayers(architecture: Architecture | null): readonly FeatureLayer[] {
  if (architecture?.family === "vgg19") return vgg19Layers.map(({ name, minimumSide }) => ({ name, minimumSide }));
  return architecture?.family === "vgg19-lite" ? vgg19LiteLayers(architecture) : [];
}
