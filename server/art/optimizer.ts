/** What an optimiser keeps between steps: named arrays and numbers, as a checkpoint stores them. */
export type OptimizerState = Record<string, Float32Array | Float32Array[] | number | number[]>;

/**
 * Changes an image in place, one step at a time, from its loss and gradient. It is told of every image exactly once,
 * so each evaluation is a step that viewers see. The image stays within 0..1.
 */
export interface Optimizer {
  /** `image` and `gradient` have equal length; `loss` and `gradient` belong to `image` as it comes in. */
  step(image: Float32Array, loss: number, gradient: Float32Array, learningRate: number): void;
  state(): OptimizerState;
}

/** Keeps a colour value in 0..1. */
export function clampColour(value: number): number {
  return value < 0 ? 0 : value > 1 ? 1 : value;
}
