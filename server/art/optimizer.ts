/** What an optimiser keeps between steps, as a checkpoint stores it: named arrays and numbers. */
export type OptimizerState = Record<string, Float32Array | Float32Array[] | number | number[]>;

/**
 * Minimises a loss over an image, one step for each evaluation, so that viewers see every image that is evaluated.
 * Implemented by `Adam` and `LBFGS`. Both work in plain TypeScript on the CPU: the image is small next to the features.
 */
export interface Optimizer {
  /**
   * Changes `image` (values in 0..1, any shape) in place; every value stays within 0..1. Must be called exactly once
   * for each image, with the `loss` of that image and the `gradient` of the loss towards it, of equal length.
   */
  step(image: Float32Array, loss: number, gradient: Float32Array, learningRate: number): void;
  /** The state with which a new optimiser continues exactly. It shares its arrays with this one. */
  state(): OptimizerState;
}

/** Clamps a colour value to 0..1. */
export function clampColour(value: number): number {
  return value < 0 ? 0 : value > 1 ? 1 : value;
}
