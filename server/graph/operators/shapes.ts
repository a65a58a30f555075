import { type Dimension, FREE, type Node, type Shape } from "../node.js";
import { Operator } from "../operator.js";
import { broadcastShapes, check, dimensionAt, formatShape, normalizeAxes, sameShape } from "../shape.js";
import { broadcastValues, fillByIndex, innerSize, stridesOf } from "../tensor.js";
import { padLike } from "./padding.js";

/** The same elements in another shape. As in ONNX, 0 keeps a size and one -1 stands for the remaining elements. */
export const reshapeOperator = new Operator<{ shape: readonly number[] }>({
  name: "reshape",
  shape: ({ shape }, x) => reshaped(x, shape),
  forward: (_shape, _, x) => x.data,
  gradients: [(upstream, _, x) => reshapeLikeOperator.node([upstream, x], {})],
  toOnnx: (onnx, { attributes }, x) => onnx.add("Reshape", [x, onnx.integers(attributes.shape)]),
});

/** (x, like) -> x in the shape of `like`. Gradient of reshape. */
export const reshapeLikeOperator = new Operator({
  name: "reshapeLike",
  shape: (_, x, like) => {
    checkFill(x, like);
    return [...like];
  },
  forward: (_shape, _, x) => x.data,
  gradients: [],
  toOnnx: (onnx, node, x, like) => {
    const target =
      freeCount(node.shape) > 1 ? onnx.add("Shape", [like]) : onnx.integers(node.shape.map((size) => (size === FREE ? -1 : size)));
    return onnx.add("Reshape", [x, target]);
  },
});

/** Inserts axes of size 1; `axes` are positions in the result. Part of the gradients of sums. */
export const unsqueezeOperator = new Operator<{ axes: readonly number[] }>({
  name: "unsqueeze",
  shape: ({ axes }, x) => {
    const result: Dimension[] = [...x];
    for (const axis of axes) result.splice(axis, 0, 1);
    return result;
  },
  forward: (_shape, _, x) => x.data,
  gradients: [],
  toOnnx: (onnx, { attributes: { axes } }, x) => onnx.add("Unsqueeze", [x, onnx.integers(axes)]),
});

/** (x, like) -> x, repeated along its axes of size 1 to the shape of `like`. Part of the gradients of sums. */
export const expandLikeOperator = new Operator({
  name: "expandLike",
  shape: (_, x, like) => {
    check(x.length === like.length, `expandLike: ${formatShape(x)} and ${formatShape(like)} differ in rank`);
    broadcastShapes("expandLike", x, like);
    return [...like];
  },
  forward: (shape, _, x, like) => broadcastValues(shape, x, like, (value) => value),
  gradients: [],
  toOnnx: (onnx, _, x, like) => onnx.add("Expand", [x, onnx.add("Shape", [like])]),
});

/** Reorders axes: axis i of the result is axis permutation[i] of x. */
export const transposeOperator = new Operator<{ permutation: readonly number[] }>({
  name: "transpose",
  shape: ({ permutation }, x) => permutation.map((axis) => dimensionAt(x, axis)),
  forward: (shape, { permutation }, x) => {
    const strides = stridesOf(x.shape);
    return fillByIndex(shape, (index) => {
      let source = 0;
      for (let axis = 0; axis < index.length; axis++) {
        source += (index[axis] as number) * (strides[permutation[axis] as number] as number);
      }
      return x.data[source] as number;
    });
  },
  gradients: [(upstream, { attributes: { permutation } }) => transpose(upstream, inverse(permutation))],
  toOnnx: (onnx, { attributes: { permutation } }, x) => onnx.add("Transpose", [x], { perm: permutation }),
});

export interface SliceAttributes {
  axis: number;
  start: number;
  /** Position after the last element; null for the end of the axis. */
  end: number | null;
}

/** The elements from start to end along one axis. Negative bounds count from the end. */
export const sliceOperator = new Operator<SliceAttributes>({
  name: "slice",
  shape: (attributes, x) => {
    const size = slicedSize(attributes, dimensionAt(x, attributes.axis));
    check(size === FREE || size > 0, `slice: nothing of ${formatShape(x)} is left along axis ${attributes.axis}`);
    return x.map((old, axis) => (axis === attributes.axis ? size : old));
  },
  forward: (shape, { axis, start }, x) => {
    const inner = innerSize(shape, axis);
    const [from, to] = [dimensionAt(x.shape, axis) * inner, dimensionAt(shape, axis) * inner];
    const first = (start < 0 ? start + dimensionAt(x.shape, axis) : start) * inner;
    return fillByIndex(shape, (_, offset) => x.data[Math.floor(offset / to) * from + first + (offset % to)] as number);
  },
  gradients: [
    (upstream, { attributes: { axis, start, end } }, x) =>
      padLike(upstream, x, start >= 0 ? { axis, before: start } : { axis, after: end === null ? 0 : -end }),
  ],
  toOnnx: (onnx, { attributes: { axis, start, end } }, x) =>
    onnx.add("Slice", [x, onnx.integers([start]), onnx.integers([end ?? 2 ** 31 - 1]), onnx.integers([axis])]),
});

/** The second input after the first along one axis. */
export const concatOperator = new Operator<{ axis: number }>({
  name: "concat",
  shape: ({ axis }, a, b) => {
    const length = lengthOf(a, axis) + lengthOf(b, axis);
    const [first, second] = [a, b].map((shape) => shape.map((size, place): Dimension => (place === axis ? length : size)));
    return sameShape("concat", first as Shape, second as Shape);
  },
  forward: (shape, { axis }, a, b) => {
    const inner = innerSize(shape, axis);
    const [whole, first] = [dimensionAt(shape, axis) * inner, dimensionAt(a.shape, axis) * inner];
    return fillByIndex(shape, (_, offset) => {
      const [step, position] = [Math.floor(offset / whole), offset % whole];
      return (position < first ? a.data[step * first + position] : b.data[step * (whole - first) + position - first]) as number;
    });
  },
  gradients: [
    (upstream, { attributes: { axis } }, a) => slice(upstream, { axis, start: 0, end: lengthOf(a.shape, axis) }),
    (upstream, { attributes: { axis } }, a) => slice(upstream, { axis, start: lengthOf(a.shape, axis) }),
  ],
  toOnnx: (onnx, { attributes: { axis } }, a, b) => onnx.add("Concat", [a, b], { axis }),
});

/**
 * x in `shape`, where 0 keeps the size at that axis and one -1 stands for the remaining elements.
 * @throws GraphError when the known sizes do not fit.
 */
export function reshape(x: Node, shape: readonly number[]): Node {
  const isTarget =
    shape.every((size, axis) => Number.isInteger(size) && size >= -1 && (size !== 0 || axis < x.shape.length)) &&
    shape.filter((size) => size === -1).length <= 1;
  check(isTarget, `reshape: ${formatShape(x.shape)} does not fill ${formatShape(shape)}`);
  return reshapeOperator.node([x], { shape });
}

/** x with axes of size 1 inserted at the positions `axes` of the result. */
export function unsqueeze(x: Node, axes: readonly number[]): Node {
  return unsqueezeOperator.node([x], { axes: normalizeAxes("unsqueeze", axes, x.shape.length + axes.length) });
}

/** x repeated along its axes of size 1 to the shape of `like`, which has the same rank. */
export function expandLike(x: Node, like: Node): Node {
  return expandLikeOperator.node([x, like], {});
}

/** Axis i of the result is axis permutation[i] of x. @throws GraphError unless each axis is named exactly once. */
export function transpose(x: Node, permutation: readonly number[]): Node {
  const rank = x.shape.length;
  check(permutation.length === rank, `transpose: [${permutation.join(", ")}] does not name ${rank} axes`);
  normalizeAxes("transpose", permutation, rank);
  return transposeOperator.node([x], { permutation: permutation.map((axis) => (axis < 0 ? axis + rank : axis)) });
}

/**
 * The elements from `start` up to but not including `end` along one axis. Negative bounds count from the end; without
 * `end` the slice extends to the end of the axis.
 * @throws GraphError when the slice is empty or a bound is out of range.
 */
export function slice(x: Node, { axis, start, end }: { axis: number; start: number; end?: number }): Node {
  check(Number.isInteger(start) && (end === undefined || Number.isInteger(end)), `slice: ${start} to ${end} must be integers`);
  const [at = 0] = normalizeAxes("slice", [axis], x.shape.length);
  check(!(start < 0 && end !== undefined && end >= 0), `slice: start ${start} counts from the end, so end ${end} must too`);
  return sliceOperator.node([x], { axis: at, start, end: end ?? null });
}

/**
 * b after a along `axis`, where the graph must know both lengths. All other sizes are equal.
 * @throws GraphError when the shapes do not fit.
 */
export function concat(a: Node, b: Node, { axis }: { axis: number }): Node {
  check(Number.isInteger(axis) && axis >= 0, `concat: ${axis} is no axis`);
  return concatOperator.node([a, b], { axis });
}

/** Replaces 0 and -1 by sizes. The size for -1 is free unless x and the rest have equally many free sizes. */
function reshaped(x: Shape, target: readonly number[]): Dimension[] {
  const kept = target.map((size, axis): Dimension => (size === 0 ? (x[axis] as Dimension) : size));
  const known = kept.filter((size) => size !== -1);
  const left = -1 === Math.min(...target) ? quotient(x, known) : 1;
  const shape = kept.map((size) => (size === -1 ? left : size));
  checkFill(x, shape);
  return shape;
}

function quotient(whole: Shape, part: Shape): Dimension {
  return freeCount(whole) === freeCount(part) ? knownCount(whole) / knownCount(part) : FREE;
}

function checkFill(x: Shape, shape: Shape): void {
  const fits = freeCount(x) !== freeCount(shape) || knownCount(x) === knownCount(shape);
  check(
    fits && shape.every((size) => size === FREE || Number.isInteger(size)),
    `reshape: ${formatShape(x)} does not fill ${formatShape(shape)}`,
  );
}

function freeCount(shape: Shape): number {
  return shape.filter((size) => size === FREE).length;
}

/** Product of the known sizes. */
function knownCount(shape: Shape): number {
  return shape.reduce<number>((result, size) => (size === FREE ? result : result * size), 1);
}

function inverse(permutation: readonly number[]): number[] {
  return permutation.map((_, axis) => permutation.indexOf(axis));
}

/** The size of a slice. Along a free axis it is known if both bounds count from the same side. */
function slicedSize({ start, end }: SliceAttributes, size: Dimension): Dimension {
  if (size === FREE) {
    const last = end ?? 0;
    const sameSide = end === null ? start < 0 : start < 0 === last < 0;
    return sameSide ? last - start : FREE;
  }
  const from = start < 0 ? start + size : start;
  const to = end === null ? size : end < 0 ? end + size : end;
  check(from >= 0 && to <= size, `slice: ${start} to ${end ?? "the end"} lies outside of ${size} elements`);
  return to - from;
}

function lengthOf(shape: Shape, axis: number): number {
  const length = dimensionAt(shape, axis);
  check(length !== FREE, `concat: the length of ${formatShape(shape)} along axis ${axis} must be known`);
  return length;
}
