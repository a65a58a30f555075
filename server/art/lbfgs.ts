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
    const moved = difference(image, before.image);
    const turned = difference(gradient, before.gradient);
    const curvature = dot(moved, turned);
    // Only pairs of positive curvature keep the approximation positive definite; others are dropped.
    if (!(curvature > 1e-10 * Math.sqrt(dot(moved, moved) * dot(turned, turned)))) return;
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
    const direction = gradient.map((slope) => -slope);
    const pairs = this.imageDifferences.map((moved, i) => {
      const turned = this.gradientDifferences[i]!;
      return { moved, turned, curvature: this.curvatures[i]!, share: 0 };
    });
    for (const pair of pairs.toReversed()) {
      pair.share = dot(pair.moved, direction) / pair.curvature;
      addScaled(direction, pair.turned, -pair.share);
    }
    const newest = pairs.at(-1);
    if (newest) scale(direction, newest.curvature / dot(newest.turned, newest.turned));
    for (const pair of pairs) {
      addScaled(direction, pair.moved, pair.share - dot(pair.turned, direction) / pair.curvature);
    }
    return direction;
  }
}

/** Sets `image` to the point `length` times `direction` away from `from`, clamped to 0..1. */
function move(image: Float32Array, from: Float32Array, direction: Float32Array, length: number): void {
  for (let i = 0; i < image.length; i++) image[i] = clampColour(from[i]! + length * direction[i]!);
}

function difference(a: Float32Array, b: Float32Array): Float32Array {
  const result = new Float32Array(a.length);
  for (let i = 0; i < a.length; i++) result[i] = a[i]! - b[i]!;
  return result;
}

function dot(a: Float32Array, b: Float32Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!;
  return sum;
}

function addScaled(target: Float32Array, source: Float32Array, factor: number): void {
  for (let i = 0; i < target.length; i++) target[i] = target[i]! + factor * source[i]!;
}

function scale(target: Float32Array, factor: number): void {
  for (let i = 0; i < target.length; i++) target[i] = target[i]! * factor;
}

function rootMeanSquare(values: Float32Array): number {
  return Math.sqrt(dot(values, values) / values.length);
}
