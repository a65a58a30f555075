import { elementCount, type Tensor, tensor } from "../../server/graph/tensor.js";

/** Numbers in -1..1 that are the same in every run (mulberry32). */
export function randomNumbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 31 - 1;
  };
}

/** A tensor of random numbers in -1..1. */
export function randomTensor(shape: readonly number[], seed: number): Tensor {
  const next = randomNumbers(seed);
  return tensor(shape, Float32Array.from({ length: elementCount(shape) }, next));
}

/** Numbers at least 2 / count apart and at least 1 / count from 0, shuffled: nothing lies near a kink or a tie. */
export function spacedTensor(shape: readonly number[], seed: number): Tensor {
  const next = randomNumbers(seed);
  const count = elementCount(shape);
  const values = Array.from({ length: count }, (_, i) => (2 * i + 1 - count + (count % 2)) / count);
  const keys = values.map(() => next());
  const order = values.map((_, i) => i).sort((a, b) => (keys[a] as number) - (keys[b] as number));
  return tensor(
    shape,
    order.map((i) => values[i] as number),
  );
}
