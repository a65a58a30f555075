import { describe, expect, test } from "vitest";
import { Adam } from "../../server/art/adam.js";
import { LBFGS } from "../../server/art/lbfgs.js";
import type { Optimizer } from "../../server/art/optimizer.js";

/** A badly scaled quadratic bowl, minimum at `centre`. */
const centre = Float32Array.from({ length: 12 }, (_, i) => 0.2 + 0.05 * i);
const curvature = (i: number) => 10 ** (i / 4);

function evaluate(image: Float32Array) {
  let loss = 0;
  const gradient = image.map((value, i) => {
    loss += 0.5 * curvature(i) * (value - centre[i]!) ** 2;
    return curvature(i) * (value - centre[i]!);
  });
  return { loss, gradient };
}

function minimise(optimizer: Optimizer, steps: number, learningRate: number) {
  const image = new Float32Array(12).fill(0.5);
  for (let step = 0; step < steps; step++) {
    const { loss, gradient } = evaluate(image);
    optimizer.step(image, loss, gradient, learningRate);
  }
  return { image, loss: evaluate(image).loss };
}

/** Minus the approximate inverse Hessian times the gradient, as algorithm 7.4 of Nocedal and Wright 2006 has it. */
function twoLoops(gradient: Float32Array, pairs: readonly { moved: Float32Array; turned: Float32Array }[]): number[] {
  const dot = (a: ArrayLike<number>, b: ArrayLike<number>) => Array.from(a).reduce((sum, value, i) => sum + value * b[i]!, 0);
  let direction = Array.from(gradient, (slope) => -slope);
  const shares: number[] = [];
  for (const { moved, turned } of pairs.toReversed()) {
    const share = dot(moved, direction) / dot(moved, turned);
    shares.unshift(share);
    direction = direction.map((value, i) => value - share * turned[i]!);
  }
  const newest = pairs.at(-1);
  if (newest) direction = direction.map((value) => (value * dot(newest.moved, newest.turned)) / dot(newest.turned, newest.turned));
  pairs.forEach(({ moved, turned }, pair) => {
    const rest = shares[pair]! - dot(turned, direction) / dot(moved, turned);
    direction = direction.map((value, i) => value + rest * moved[i]!);
  });
  return direction;
}

test("L-BFGS steps along the direction of the two-loop recursion, with any number of pairs", () => {
  const optimizer = new LBFGS();
  const image = new Float32Array(12).fill(0.5);
  const kept = new Set<number>();
  for (let step = 0; step < 16; step++) {
    const { loss, gradient } = evaluate(image);
    optimizer.step(image, loss, gradient, 0.3);
    const state = optimizer.state() as Record<"imageDifferences" | "gradientDifferences", Float32Array[]> & { direction: Float32Array };
    const pairs = state.imageDifferences.map((moved, i) => ({ moved, turned: state.gradientDifferences[i]! }));
    kept.add(pairs.length);
    const expected = twoLoops(gradient, pairs);
    const length = Math.hypot(...expected);
    for (const [i, value] of state.direction.entries()) expect(Math.abs(value - expected[i]!) / length).toBeLessThan(1e-3);
  }
  expect([...kept]).toEqual(expect.arrayContaining([0, 1, 2, 10]));
});

describe.each([
  ["Adam", () => new Adam(12), (state: ReturnType<Optimizer["state"]>) => new Adam(12, state), 300, 0.02, 1e-5],
  ["L-BFGS", () => new LBFGS(), (state: ReturnType<Optimizer["state"]>) => new LBFGS(state), 60, 1, 1e-7],
] as const)("%s", (_name, create, restore, steps, learningRate, tolerance) => {
  test("finds the minimum of a badly scaled bowl", () => {
    expect(minimise(create(), steps, learningRate).loss).toBeLessThan(tolerance);
  });

  test("keeps every value within 0..1", () => {
    const image = new Float32Array(12).fill(0.99);
    create().step(image, 1, new Float32Array(12).fill(-1000), 10);
    expect(Math.max(...image)).toBe(1);
    image.fill(0.01);
    create().step(image, 1, new Float32Array(12).fill(1000), 10);
    expect(Math.min(...image)).toBe(0);
  });

  test("continues from its state as if it had not been interrupted", () => {
    const whole = create();
    const first = create();
    const a = new Float32Array(12).fill(0.9);
    const run = (optimizer: Optimizer, image: Float32Array, count: number) => {
      for (let step = 0; step < count; step++) {
        const { loss, gradient } = evaluate(image);
        optimizer.step(image, loss, gradient, learningRate);
      }
    };
    run(whole, a, 15);
    const b = new Float32Array(12).fill(0.9);
    run(first, b, 7);
    run(restore(structuredClone(first.state())), b, 8);
    expect([...b]).toEqual([...a]);
  });

  test("does not move where the gradient is zero", () => {
    const image = new Float32Array(12).fill(0.5);
    create().step(image, 0, new Float32Array(12), learningRate);
    expect([...image]).toEqual([...new Float32Array(12).fill(0.5)]);
  });
});

test("L-BFGS takes back a step that raised the loss", () => {
  const optimizer = new LBFGS();
  const image = new Float32Array(4).fill(0.5);
  optimizer.step(image, 1, Float32Array.of(1, 1, 1, 1), 1);
  const moved = Math.abs(image[0]! - 0.5);
  optimizer.step(image, 50, Float32Array.of(9, 9, 9, 9), 1);
  expect(Math.abs(image[0]! - 0.5)).toBeCloseTo(moved / 4, 5);
});
