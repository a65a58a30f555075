import type { Dimension, Node } from "../node.js";
import { check, checkInteger, formatShape, mapDimension } from "../shape.js";

/** Size and stride of square windows that do not overlap. */
export interface PoolAttributes {
  size: number;
}

/** Shape after pooling: rows and columns that do not fill a window are left out. @throws GraphError. */
export function pooledShape(operator: string, x: Node, size: number): Dimension[] {
  checkInteger(operator, "size", size, 1);
  check(x.shape.length === 4, `${operator}: x must be [N, C, H, W], not ${formatShape(x.shape)}`);
  const shape = x.shape.map((old, axis) => (axis < 2 ? old : mapDimension(old, (value) => Math.floor(value / size))));
  check(shape.every((value) => value !== 0), `${operator}: ${formatShape(x.shape)} is smaller than a window of ${size}`);
  return shape;
}

/** Run-time shape after pooling. @throws GraphError when no window fits. */
export function pooledSizes(operator: string, shape: readonly number[], size: number): number[] {
  const pooled = shape.map((old, axis) => (axis < 2 ? old : Math.floor(old / size)));
  check(pooled.every((value) => value > 0), `${operator}: ${formatShape(shape)} is smaller than a window of ${size}`);
  return pooled;
}

/** Offsets of the elements of x [N, C, H, W] under the window that makes element `index` of the pooled tensor. */
export function windowOffsets(shape: readonly number[], size: number, index: readonly number[]): number[] {
  const [, channels = 0, height = 0, width = 0] = shape;
  const [n = 0, c = 0, row = 0, column = 0] = index;
  const first = ((n * channels + c) * height + row * size) * width + column * size;
  return Array.from({ length: size * size }, (_, k) => first + Math.floor(k / size) * width + (k % size));
}
