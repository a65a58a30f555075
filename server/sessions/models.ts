import type { ModelCard } from "../models/card.js";

/** What a session needs to know about a model before it starts. */
export interface SessionModel {
  id: string;
  task: "FEATURES" | "TRANSLATION";
  state: "READY" | "AVAILABLE" | "DOWNLOADING" | "FAILED";
  /** Why no session can use it as things are; null when it is here or can be fetched. */
  refusal: string | null;
  family: ModelCard["family"];
  /** Native size, px: what a translation that names no size gets. */
  size: number;
  /** Smallest size that a translation may ask for, px; null for feature networks. */
  minSize: number | null;
  /** Layers that losses may be measured at, shallow to deep; empty for translations. */
  layers: readonly SessionModelLayer[];
}

export interface SessionModelLayer {
  name: string;
  /** Shortest side of a picture for which the layer has a value, px. */
  minimumSide: number;
}

/** The models that sessions may name. */
export interface SessionModels {
  find(id: string): Promise<SessionModel | null>;
  /** The feature network of sessions that name none: vgg19 where it is READY, else the best that is; null when none is. */
  defaultFeatures(): Promise<SessionModel | null>;
}
