import { type Dimension, FREE, type Node } from "../node.js";
import { Operator } from "../operator.js";
import { check, dimensionAt, fillByIndex, formatShape, innerSize, normalizeAxes } from "../shape.js";
import { padLike } from "./pad-like.js";

export interface SliceAttributes {
  axis: number;
  start: number;
  /** Behind the last element; null for the end of the axis. */
  end: number | null;
}

/** Elements start to end of one axis; negative bounds count from the end. */
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

/** Bounds on the same side give the size even of a free axis; on a known one they must lie inside. */
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

/**
 * Elements `start` up to, not including, `end` of one axis; negative bounds count from the end, `end` left out is the end.
 * @throws GraphError when the bounds leave nothing or lie outside.
 */
export function slice(x: Node, { axis, start, end }: { axis: number; start: number; end?: number }): Node {
  check(Number.isInteger(start) && (end === undefined || Number.isInteger(end)), `slice: ${start} to ${end} must be integers`);
  const [at = 0] = normalizeAxes("slice", [axis], x.shape.length);
  check(!(start < 0 && end !== undefined && end >= 0), `slice: start ${start} counts from the end, so end ${end} must too`);
  return sliceOperator.node([x], { axis: at, start, end: end ?? null });
}
