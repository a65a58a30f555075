import { fillByIndex, stridesOf } from "../shape.js";
import type { Tensor } from "../tensor.js";

/** `combine` of two tensors element by element, both broadcast to `shape` as NumPy does. */
export function broadcastValues(shape: readonly number[], a: Tensor, b: Tensor, combine: (a: number, b: number) => number): Float32Array {
  const left = broadcastStrides(a.shape, shape.length);
  const right = broadcastStrides(b.shape, shape.length);
  return fillByIndex(shape, (index) => {
    let i = 0;
    let j = 0;
    for (let axis = 0; axis < index.length; axis++) {
      i += (index[axis] as number) * (left[axis] as number);
      j += (index[axis] as number) * (right[axis] as number);
    }
    return combine(a.data[i] as number, b.data[j] as number);
  });
}

function broadcastStrides(shape: readonly number[], rank: number): number[] {
  const strides = stridesOf(shape).map((stride, axis) => (shape[axis] === 1 ? 0 : stride));
  return [...new Array<number>(rank - shape.length).fill(0), ...strides];
}
