import type { ModelFacts } from "../model.js";

export interface FetchOptions {
  /** Folder of the model, which is there; nothing is written outside. */
  folder: string;
  signal: AbortSignal;
  /** Told how much of the work is done, 0..1. */
  progress(done: number): void;
}

/** Where a model can be had. */
export interface ModelSource {
  readonly facts: ModelFacts;
  /**
   * Puts the model's file into the folder, verified, and then its card.
   * @throws AtelierError UNAVAILABLE when it cannot be had; the signal's reason when it aborts.
   */
  fetch(options: FetchOptions): Promise<void>;
}
