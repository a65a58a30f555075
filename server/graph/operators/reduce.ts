import type { Dimension } from "../node.js";
import { eachIndex, stridesOf } from "../shape.js";
import type { Tensor } from "../tensor.js";
import { elementCount } from "../tensor.js";

/** A shape without `axes`. */
export function withoutAxes<D extends Dimension>(shape: readonly D[], axes: readonly number[]): D[] {
  return shape.filter((_, axis) => !axes.includes(axis));
}

/** Sums over `axes`, in double precision. */
export function sumOver(x: Tensor, axes: readonly number[]): Float64Array {
  const shape = withoutAxes(x.shape, axes);
  const kept = x.shape.map((_, axis) => axis).filter((axis) => !axes.includes(axis));
  const strides = stridesOf(shape);
  const sums = new Float64Array(elementCount(shape));
  eachIndex(x.shape, (index, offset) => {
    let target = 0;
    for (let k = 0; k < kept.length; k++) target += (index[kept[k] as number] as number) * (strides[k] as number);
    sums[target] = (sums[target] as number) + (x.data[offset] as number);
  });
  return sums;
}

/** Number of elements along `axes`. */
export function countAlong(shape: readonly number[], axes: readonly number[]): number {
  return axes.reduce((product, axis) => product * (shape[axis] as number), 1);
}
