import type { Dimension } from "../node.js";
import type { Shape } from "../operator.js";
import { check, formatShape, mapDimension } from "../shape.js";

/** Size and stride of square windows that do not overlap. */
export interface PoolAttributes {
  size: number;
}

/** Shape after pooling: rows and columns that do not fill a window are left out. @throws GraphError when no window fits. */
export function pooledShape(operator: string, x: Shape, size: number): Dimension[] {
  check(x.length === 4, `${operator}: x must be [N, C, H, W], not ${formatShape(x)}`);
  const shape = x.map((old, axis) => (axis < 2 ? old : mapDimension(old, (value) => Math.floor(value / size))));
  check(
    shape.every((value) => value !== 0),
    `${operator}: ${formatShape(x)} is smaller than a window of ${size}`,
  );
  return shape;
}

/** Offsets of the elements of x [N, C, H, W] under the window that makes element `index` of the pooled tensor. */
export function windowOffsets(shape: readonly number[], size: number, index: readonly number[]): number[] {
  const [, channels = 0, height = 0, width = 0] = shape;
  const [n = 0, c = 0, row = 0, column = 0] = index;
  const first = ((n * channels + c) * height + row * size) * width + column * size;
  return Array.from({ length: size * size }, (_, k) => first + Math.floor(k / size) * width + (k % size));
}
