import type { ModelInfo } from "../records/model.js";
import type { Architecture } from "./architecture.js";
import type { ModelCard } from "./card.js";
import { type FeatureLayer, vgg19Layers } from "./vgg19.js";
import { vgg19LiteLayers } from "./vgg19-lite.js";

/** Properties of a model that are known before its file is on this server. */
export type ModelFacts = Pick<
  ModelCard,
  "id" | "title" | "task" | "family" | "size" | "parameters" | "bytes" | "licence" | "source" | "architecture" | "translation" | "takes"
>;

/** A model as the list shows it. */
export interface Model extends ModelInfo, Pick<ModelCard, "architecture" | "translation"> {}

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
