import { clampColour, type Optimizer, type OptimizerState } from "./optimizer.js";

/** Most pairs of image and gradient differences that are kept to approximate the curvature. */
const HISTORY = 10;
/** Root mean square change of the image in a step without known curvature, times the learning rate. */
const FIRST_STEP = 0.01;
/** Largest root mean square change of the image in any step; bounds the step in place of a line search. */
const LONGEST_STEP = 0.05;
/** A step that raises the loss by more than this share is taken back and tried again shorter. */
const TOLERATED_RISE = 0.02;
/** Length of the shorter step, as a share of the one taken back. */
const BACKTRACK = 0.25;

/**
 * L-BFGS (Liu and Nocedal 1989, "On the limited memory BFGS method for large scale optimization"; the two-loop
 * recursion is algorithm 7.4 of Nocedal and Wright 2006). The initial inverse Hessian is the identity, scaled in each
 * step by the newest pair.
 *
 * Departures: there is no Wolfe line search, because every evaluation is a step that viewers see. The full step, times
 * the learning rate, is taken within a bound on its length; where it raised the loss, the image returns to where it was
 * and moves a quarter as far. Each image is clamped to 0..1, and the differences are those of the clamped images.
 */
export class LBFGS implements Optimizer {
  private imageDifferences: Float32Array[] = [];
  private gradientDifferences: Float32Array[] = [];
  /** Products of each pair's differences. */
  private curvatures: number[] = [];
  /** The last evaluated image that was kept, and the step taken from it. */
  private before: { image: Float32Array; gradient: Float32Array; direction: Float32Array; loss: number; length: number } | null = null;

  /** @param state to continue from, as `state()` returned it. */
  constructor(state: OptimizerState | null = null) {
    if (!state) return;
    this.imageDifferences = state.imageDifferences as Float32Array[];
    this.gradientDifferences = state.gradientDifferences as Float32Array[];
    this.curvatures = this.imageDifferences.map((moved, i) => dot(moved, this.gradientDifferences[i]!));
    if (state.image) {
      this.before = {
        image: state.image as Float32Array,
        gradient: state.gradient as Float32Array,
        direction: state.direction as Float32Array,
        loss: state.loss as number,
        length: state.length as number,
      };
    }
  }

  step(image: Float32Array, loss: number, gradient: Float32Array, learningRate: number): void {
    const before = this.before;
    if (before && !(loss <= before.loss * (1 + TOLERATED_RISE))) {
      before.length *= BACKTRACK;
      move(image, before.image, before.direction, before.length);
      return;
    }
    if (before) this.remember(image, gradient, before);
    const direction = this.direction(gradient);
    const size = rootMeanSquare(direction);
    const wanted = this.imageDifferences.length > 0 ? size : FIRST_STEP;
    const length = size > 0 ? Math.min(wanted * learningRate, LONGEST_STEP) / size : 0;
    this.before = { image: image.slice(), gradient: gradient.slice(), direction, loss, length };
    move(image, image, direction, length);
  }

  state(): OptimizerState {
    return {
      imageDifferences: this.imageDifferences,
      gradientDifferences: this.gradientDifferences,
      ...this.before,
    };
  }

  private remember(image: Float32Array, gradient: Float32Array, before: { image: Float32Array; gradient: Float32Array }): void {
    const moved = new Float32Array(image.length);
    const turned = new Float32Array(image.length);
    let [curvature, movedSquare, turnedSquare] = [0, 0, 0];
    for (let i = 0; i < image.length; i++) {
      const change = Math.fround(image[i]! - before.image[i]!);
      const turn = Math.fround(gradient[i]! - before.gradient[i]!);
      moved[i] = change;
      turned[i] = turn;
      curvature += change * turn;
      movedSquare += change * change;
      turnedSquare += turn * turn;
    }
    // Only pairs of positive curvature keep the approximation positive definite; others are dropped.
    if (!(curvature > 1e-10 * Math.sqrt(movedSquare * turnedSquare))) return;
    this.imageDifferences.push(moved);
    this.gradientDifferences.push(turned);
    this.curvatures.push(curvature);
    if (this.imageDifferences.length > HISTORY) {
      this.imageDifferences.shift();
      this.gradientDifferences.shift();
      this.curvatures.shift();
    }
  }

  /** The two-loop recursion: minus the approximate inverse Hessian (the identity without pairs) times the gradient. */
  private direction(gradient: Float32Array): Float32Array {
    const [moved, turned, curvatures] = [this.imageDifferences, this.gradientDifferences, this.curvatures];
    const direction = negated(gradient);
    const newest = moved.length - 1;
    if (newest < 0) return direction;
    const shares: number[] = [];
    let product = dot(moved[newest]!, direction);
    for (let pair = newest; pair >= 0; pair--) {
      shares[pair] = product / curvatures[pair]!;
      // The oldest pair's product belongs to the unscaled direction and is not used.
      product = addScaled(direction, turned[pair]!, -shares[pair]!, moved[Math.max(0, pair - 1)]!);
    }
    product = scale(direction, curvatures[newest]! / dot(turned[newest]!, turned[newest]!), turned[0]!);
    for (let pair = 0; pair <= newest; pair++) {
      product = addScaled(direction, moved[pair]!, shares[pair]! - product / curvatures[pair]!, turned[Math.min(newest, pair + 1)]!);
    }
    return direction;
  }
}

/** Sets `image` to the point `length` times `direction` away from `from`, clamped to 0..1. */
function move(image: Float32Array, from: Float32Array, direction: Float32Array, length: number): void {
  for (let i = 0; i < image.length; i++) image[i] = clampColour(from[i]! + length * direction[i]!);
}

function dot(a: Float32Array, b: Float32Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!;
  return sum;
}

function negated(values: Float32Array): Float32Array {
  const result = new Float32Array(values.length);
  for (let i = 0; i < values.length; i++) result[i] = -values[i]!;
  return result;
}

/** Adds `factor` times `source` to `target`, and returns the product of the sum with `other`: one pass over memory for two. */
function addScaled(target: Float32Array, source: Float32Array, factor: number, other: Float32Array): number {
  let product = 0;
  for (let i = 0; i < target.length; i++) {
    const sum = Math.fround(target[i]! + factor * source[i]!);
    target[i] = sum;
    product += other[i]! * sum;
  }
  return product;
}

/** Multiplies `target` by `factor`, and returns its product with `other`. */
function scale(target: Float32Array, factor: number, other: Float32Array): number {
  let product = 0;
  for (let i = 0; i < target.length; i++) {
    const scaled = Math.fround(target[i]! * factor);
    target[i] = scaled;
    product += other[i]! * scaled;
  }
  return product;
}

function rootMeanSquare(values: Float32Array): number {
  return Math.sqrt(dot(values, values) / values.length);
}
