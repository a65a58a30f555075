import { type Dimension, FREE, GraphError } from "./node.js";

/** `[1, 64, free, free]`, for messages. */
export function formatShape(shape: readonly Dimension[]): string {
  return `[${shape.join(", ")}]`;
}

/** @throws GraphError with `message` unless `condition` holds. */
export function check(condition: boolean, message: string): asserts condition {
  if (!condition) throw new GraphError(message);
}

/** Whether a run-time size may stand where a graph says `dimension`. */
export function fits(dimension: Dimension, size: number): boolean {
  return dimension === FREE || dimension === size;
}

/** A dimension that follows from another: free stays free. */
export function mapDimension(dimension: Dimension, rule: (size: number) => number): Dimension {
  return dimension === FREE ? FREE : rule(dimension);
}

/** The element at `axis`; negative axes count from the end. @throws GraphError when there is none. */
export function dimensionAt<D extends Dimension>(shape: readonly D[], axis: number): D {
  const dimension = shape.at(axis);
  check(dimension !== undefined, `shape ${formatShape(shape)} has no axis ${axis}`);
  return dimension;
}

/** Axes sorted, counted from the start and checked. @throws GraphError for axes out of range or named twice. */
export function normalizeAxes(operator: string, axes: readonly number[] | "all", rank: number): number[] {
  const list = axes === "all" ? Array.from({ length: rank }, (_, axis) => axis) : axes.map((axis) => (axis < 0 ? axis + rank : axis));
  for (const axis of list) {
    check(Number.isInteger(axis) && axis >= 0 && axis < rank, `${operator}: axis ${axis} is out of range for rank ${rank}`);
  }
  check(new Set(list).size === list.length, `${operator}: an axis is named twice in [${list.join(", ")}]`);
  return list.sort((a, b) => a - b);
}

/**
 * Shape of two operands under NumPy broadcasting. Two free dimensions are taken to be equal at run time; free against
 * a number other than 1 is that number.
 * @throws GraphError when they do not fit.
 */
export function broadcastShapes(operator: string, a: readonly Dimension[], b: readonly Dimension[]): Dimension[] {
  const rank = Math.max(a.length, b.length);
  return Array.from({ length: rank }, (_, axis): Dimension => {
    const left = a[axis - rank + a.length] ?? 1;
    const right = b[axis - rank + b.length] ?? 1;
    if (left === right || right === 1) return left;
    if (left === 1) return right;
    if (left === FREE) return right;
    if (right === FREE) return left;
    throw new GraphError(`${operator}: shapes ${formatShape(a)} and ${formatShape(b)} do not broadcast`);
  });
}

/** @throws GraphError unless `value` is an integer of at least `minimum`. */
export function checkInteger(operator: string, name: string, value: number, minimum: number): void {
  check(Number.isInteger(value) && value >= minimum, `${operator}: ${name} must be an integer of at least ${minimum}, not ${value}`);
}

/** `a`, where `b` may fill in free dimensions. @throws GraphError when known sizes differ. */
export function sameShape(operator: string, a: readonly Dimension[], b: readonly Dimension[]): Dimension[] {
  const same = a.length === b.length && a.every((size, axis) => size === b[axis] || size === FREE || b[axis] === FREE);
  check(same, `${operator}: shapes ${formatShape(a)} and ${formatShape(b)} differ`);
  return a.map((size, axis) => (size === FREE ? (b[axis] as Dimension) : size));
}

/** Number of elements under one step of `axis`. */
export function innerSize(shape: readonly number[], axis: number): number {
  return shape.slice(axis + 1).reduce((product, size) => product * size, 1);
}

/** Row-major strides of a shape. */
export function stridesOf(shape: readonly number[]): number[] {
  const strides = new Array<number>(shape.length).fill(1);
  for (let axis = shape.length - 2; axis >= 0; axis--) {
    strides[axis] = (strides[axis + 1] as number) * (shape[axis + 1] as number);
  }
  return strides;
}

/** Calls `visit` with every index of `shape` in row-major order. The array is reused. */
export function eachIndex(shape: readonly number[], visit: (index: readonly number[], offset: number) => void): void {
  const index = new Array<number>(shape.length).fill(0);
  const count = shape.reduce((product, size) => product * size, 1);
  for (let offset = 0; offset < count; offset++) {
    visit(index, offset);
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      index[axis] = (index[axis] as number) + 1;
      if ((index[axis] as number) < (shape[axis] as number)) break;
      index[axis] = 0;
    }
  }
}

/** A new array of one value per index of `shape`. */
export function fillByIndex(shape: readonly number[], value: (index: readonly number[], offset: number) => number): Float32Array {
  const data = new Float32Array(shape.reduce((product, size) => product * size, 1));
  eachIndex(shape, (index, offset) => {
    data[offset] = value(index, offset);
  });
  return data;
}
