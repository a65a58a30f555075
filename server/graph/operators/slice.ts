import { type Dimension, FREE, type Node } from "../node.js";
import { Operator } from "../operator.js";
import { check, dimensionAt, fillByIndex, formatShape, normalizeAxes } from "../shape.js";
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
  forward: ({ attributes }, x) => {
    const { axis } = attributes;
    const size = dimensionAt(x.shape, axis);
    const { start, length } = bounds(attributes, size);
    check(start >= 0 && length > 0 && start + length <= size, `slice: nothing of ${formatShape(x.shape)} is left along axis ${axis}`);
    const shape = x.shape.map((old, other) => (other === axis ? length : old));
    const inner = x.shape.slice(axis + 1).reduce((product, old) => product * old, 1);
    return {
      shape,
      data: fillByIndex(shape, (_, offset) => {
        const outer = Math.floor(offset / (length * inner));
        return x.data[outer * size * inner + start * inner + (offset - outer * length * inner)] as number;
      }),
    };
  },
  gradients: [
    (upstream, { attributes: { axis, start, end } }, x) =>
      padLike(upstream, x, start >= 0 ? { axis, before: start } : { axis, after: end === null ? 0 : -end }),
  ],
  toOnnx: (onnx, { attributes: { axis, start, end } }, x) =>
    onnx.add("Slice", [x, onnx.integers([start]), onnx.integers([end ?? 2 ** 31 - 1]), onnx.integers([axis])]),
});

function bounds({ start, end }: SliceAttributes, size: number): { start: number; length: number } {
  const from = start < 0 ? start + size : start;
  const to = end === null ? size : end < 0 ? end + size : end;
  return { start: from, length: to - from };
}

function slicedSize(attributes: SliceAttributes, size: Dimension): Dimension {
  const { start, end } = attributes;
  if (size !== FREE) return bounds(attributes, size).length;
  const known = bounds(attributes, 0).length;
  const sameSide = end === null ? start < 0 : start < 0 === end < 0;
  return sameSide ? known : FREE;
}

/**
 * Elements `start` up to, not including, `end` of one axis; negative bounds count from the end, `end` left out is the end.
 * @throws GraphError when the bounds leave nothing or lie outside.
 */
export function slice(x: Node, { axis, start, end }: { axis: number; start: number; end?: number }): Node {
  const message = `slice: ${start} to ${end ?? "the end"} does not fit axis ${axis} of ${formatShape(x.shape)}`;
  check(Number.isInteger(start) && (end === undefined || Number.isInteger(end)), message);
  const [at = 0] = normalizeAxes("slice", [axis], x.shape.length);
  const attributes: SliceAttributes = { axis: at, start, end: end ?? null };
  const old = dimensionAt(x.shape, at);
  const size = slicedSize(attributes, old);
  check(size === FREE || size > 0, message);
  check(old === FREE || (bounds(attributes, old).start >= 0 && bounds(attributes, old).start + Number(size) <= old), message);
  return sliceOperator.node([x], x.shape.map((other, index) => (index === at ? size : other)), attributes);
}
