import { broadcastShapes, check, eachIndex, stridesOf } from "../shape.js";
import { elementCount, type Tensor } from "../tensor.js";

/** `combine` of two tensors element by element under NumPy broadcasting. */
export function combine(operator: string, a: Tensor, b: Tensor, combine: (a: number, b: number) => number): Tensor {
  const shape = broadcastShapes(operator, a.shape, b.shape).map((size) => {
    check(typeof size === "number", `${operator}: a run-time shape is free`);
    return size;
  });
  const data = new Float32Array(elementCount(shape));
  const left = broadcastStrides(a.shape, shape.length);
  const right = broadcastStrides(b.shape, shape.length);
  eachIndex(shape, (index, offset) => {
    let i = 0;
    let j = 0;
    for (let axis = 0; axis < index.length; axis++) {
      i += (index[axis] as number) * (left[axis] as number);
      j += (index[axis] as number) * (right[axis] as number);
    }
    data[offset] = combine(a.data[i] as number, b.data[j] as number);
  });
  return { shape, data };
}

function broadcastStrides(shape: readonly number[], rank: number): number[] {
  const strides = stridesOf(shape).map((stride, axis) => (shape[axis] === 1 ? 0 : stride));
  return [...new Array<number>(rank - shape.length).fill(0), ...strides];
}
