import { clampColour, type Optimizer, type OptimizerState } from "./optimizer.js";

const BETA1 = 0.9;
const BETA2 = 0.999;
const EPSILON = 1e-8;

/**
 * Adam (Kingma and Ba 2015, "Adam: A Method for Stochastic Optimization", algorithm 1, with its default constants):
 * exponential means of the gradient and of its square, corrected for their start at 0.
 * Departure: the image is clamped to 0..1 after each step, because a picture has no colours outside that range.
 */
export class Adam implements Optimizer {
  private readonly mean: Float32Array;
  private readonly variance: Float32Array;
  private steps: number;

  /** @param length of the images, in values. @param state to continue from, as `state()` returned it. */
  constructor(length: number, state: OptimizerState | null = null) {
    this.mean = (state?.mean as Float32Array | undefined) ?? new Float32Array(length);
    this.variance = (state?.variance as Float32Array | undefined) ?? new Float32Array(length);
    this.steps = (state?.steps as number | undefined) ?? 0;
  }

  step(image: Float32Array, _loss: number, gradient: Float32Array, learningRate: number): void {
    this.steps++;
    const meanCorrection = 1 - BETA1 ** this.steps;
    const varianceCorrection = 1 - BETA2 ** this.steps;
    for (let i = 0; i < image.length; i++) {
      const slope = gradient[i]!;
      this.mean[i] = BETA1 * this.mean[i]! + (1 - BETA1) * slope;
      this.variance[i] = BETA2 * this.variance[i]! + (1 - BETA2) * slope * slope;
      const rate = Math.sqrt(this.variance[i]! / varianceCorrection) + EPSILON;
      image[i] = clampColour(image[i]! - (learningRate * this.mean[i]!) / meanCorrection / rate);
    }
  }

  state(): OptimizerState {
    return { mean: this.mean, variance: this.variance, steps: this.steps };
  }
}
