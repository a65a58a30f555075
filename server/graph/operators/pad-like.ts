import type { Node } from "../node.js";
import type { OnnxBuilder } from "../onnx/builder.js";
import { Operator } from "../operator.js";
import { check, dimensionAt, fillByIndex, formatShape } from "../shape.js";

/** Where x lies in the zeros: so many of them before it, or so many behind it. */
export type PadPlace = { axis: number; before: number } | { axis: number; after: number };

/** (x, like) -> x among zeros along one axis, as long as like. Serves gradients of slices and pools. */
export const padLikeOperator = new Operator<{ place: PadPlace }>({
  name: "padLike",
  forward: ({ attributes: { place } }, x, like) => {
    const { axis } = place;
    const from = dimensionAt(x.shape, axis);
    const to = dimensionAt(like.shape, axis);
    const before = "before" in place ? place.before : to - from - place.after;
    check(before >= 0 && before + from <= to, `padLike: ${formatShape(x.shape)} does not fit into ${formatShape(like.shape)}`);
    const shape = x.shape.map((size, other) => (other === axis ? to : size));
    const inner = x.shape.slice(axis + 1).reduce((product, size) => product * size, 1);
    return {
      shape,
      data: fillByIndex(shape, (index, offset) => {
        const position = (index[axis] as number) - before;
        if (position < 0 || position >= from) return 0;
        const outer = Math.floor(offset / (to * inner));
        return x.data[(outer * from + position) * inner + (offset % inner)] as number;
      }),
    };
  },
  gradients: [],
  toOnnx: (onnx, { attributes: { place } }, x, like) => {
    const missing = onnx.add("Sub", [sizeOf(onnx, like, place.axis), sizeOf(onnx, x, place.axis)]);
    const known = onnx.integers(["before" in place ? place.before : place.after]);
    const rest = onnx.add("Sub", [missing, known]);
    return padAxes(onnx, x, [{ axis: place.axis, before: "before" in place ? known : rest, after: "before" in place ? rest : known }]);
  },
});

/** The size of one axis as a one-element int64 tensor. */
export function sizeOf(onnx: OnnxBuilder, x: string, axis: number): string {
  return onnx.add("Shape", [x], { start: axis, end: axis + 1 });
}

/** Zero padding by amounts known at run time, given as one-element int64 tensors; `axes` ascend and end at the last axis of four. */
export function padAxes(onnx: OnnxBuilder, x: string, axes: readonly { axis: number; before: string; after: string }[]): string {
  const pads = onnx.add("Concat", [...axes.map(({ before }) => before), ...axes.map(({ after }) => after)], { axis: 0 });
  return onnx.add("Pad", [x, pads, "", onnx.integers(axes.map(({ axis }) => axis))]);
}

/** x among zeros along `place.axis`, as long there as `like`. */
export function padLike(x: Node, like: Node, place: PadPlace): Node {
  const shape = x.shape.map((size, axis) => (axis === place.axis ? dimensionAt(like.shape, axis) : size));
  return padLikeOperator.node([x, like], shape, { place });
}
