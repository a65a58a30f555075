import { type Dimension, FREE, GraphError, type Shape } from "./node.js";

/** Formats a shape for messages: `[1, 64, free, free]`. */
export function formatShape(shape: Shape): string {
  return `[${shape.join(", ")}]`;
}

/** @throws GraphError with `message` unless `condition` holds. */
export function check(condition: boolean, message: string): asserts condition {
  if (!condition) throw new GraphError(message);
}

/** @throws GraphError unless `value` is an integer of at least `minimum`. */
export function checkInteger(operator: string, name: string, value: number, minimum: number): void {
  check(Number.isInteger(value) && value >= minimum, `${operator}: ${name} must be an integer of at least ${minimum}, not ${value}`);
}

/** Whether a value of `size` may stand at run time where the graph declares `dimension`. */
export function fits(dimension: Dimension, size: number): boolean {
  return dimension === FREE || dimension === size;
}

/** A dimension computed from another one. A free dimension stays free. */
export function mapDimension(dimension: Dimension, rule: (size: number) => number): Dimension {
  return dimension === FREE ? FREE : rule(dimension);
}

/** The dimension at `axis`; negative axes count from the end. @throws GraphError when the shape has no such axis. */
export function dimensionAt<D extends Dimension>(shape: readonly D[], axis: number): D {
  const dimension = shape.at(axis);
  check(dimension !== undefined, `shape ${formatShape(shape)} has no axis ${axis}`);
  return dimension;
}

/** Axes sorted and counted from the start. @throws GraphError for an axis that is out of range or named twice. */
export function normalizeAxes(operator: string, axes: readonly number[] | "all", rank: number): number[] {
  const list = axes === "all" ? Array.from({ length: rank }, (_, axis) => axis) : axes.map((axis) => (axis < 0 ? axis + rank : axis));
  for (const axis of list) {
    check(Number.isInteger(axis) && axis >= 0 && axis < rank, `${operator}: axis ${axis} is out of range for rank ${rank}`);
  }
  check(new Set(list).size === list.length, `${operator}: an axis is named twice in [${list.join(", ")}]`);
  return list.sort((a, b) => a - b);
}

/**
 * The common shape of `a` and `b`, each of which may fill in the other's free dimensions.
 * @throws GraphError when known sizes differ.
 */
export function sameShape(operator: string, a: Shape, b: Shape): Dimension[] {
  const same = a.length === b.length && a.every((size, axis) => size === b[axis] || size === FREE || b[axis] === FREE);
  check(same, `${operator}: shapes ${formatShape(a)} and ${formatShape(b)} differ`);
  return a.map((size, axis) => (size === FREE ? (b[axis] as Dimension) : size));
}

/**
 * Shape of the result of two operands under NumPy broadcasting. Two free dimensions are assumed to be equal at run
 * time; a free dimension against a number other than 1 is assumed to be that number.
 * @throws GraphError when the shapes do not broadcast.
 */
export function broadcastShapes(operator: string, a: Shape, b: Shape): Dimension[] {
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
