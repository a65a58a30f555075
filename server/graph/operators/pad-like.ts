import type { Node } from "../node.js";
import type { OnnxBuilder } from "../onnx/builder.js";
import { Operator } from "../operator.js";
import { check, dimensionAt, fillByIndex, formatShape, innerSize } from "../shape.js";

/** Where x lies in the zeros: so many of them before it, or so many behind it. */
export type PadPlace = { axis: number; before: number } | { axis: number; after: number };

/** (x, like) -> x among zeros along one axis, as long as like. Serves gradients of slices. */
export const padLikeOperator = new Operator<{ place: PadPlace }>({
  name: "padLike",
  shape: ({ place }, x, like) => {
    const room = dimensionAt(like, place.axis);
    const used = dimensionAt(x, place.axis);
    const known = "before" in place ? place.before : place.after;
    const fit = typeof room !== "number" || typeof used !== "number" || used + known <= room;
    check(fit, `padLike: ${formatShape(x)} does not fit into ${formatShape(like)} along axis ${place.axis}`);
    return x.map((size, axis) => (axis === place.axis ? room : size));
  },
  forward: (shape, { place }, x) => {
    const inner = innerSize(shape, place.axis);
    const [from, to] = [dimensionAt(x.shape, place.axis) * inner, dimensionAt(shape, place.axis) * inner];
    const before = "before" in place ? place.before * inner : to - from - place.after * inner;
    return fillByIndex(shape, (_, offset) => {
      const position = (offset % to) - before;
      return position < 0 || position >= from ? 0 : (x.data[Math.floor(offset / to) * from + position] as number);
    });
  },
  gradients: [],
  toOnnx: (onnx, { attributes: { place }, inputs, shape }, x, like) => {
    const [used, room] = [inputs[0]?.shape[place.axis], shape[place.axis]];
    if (typeof used === "number" && typeof room === "number") {
      const [before, after] = "before" in place ? [place.before, room - used - place.before] : [room - used - place.after, place.after];
      return padAxes(onnx, x, [{ axis: place.axis, before: onnx.integers([before]), after: onnx.integers([after]) }]);
    }
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

/** Zero padding by amounts known at run time, given as one-element int64 tensors; negative amounts cut. */
export function padAxes(onnx: OnnxBuilder, x: string, axes: readonly { axis: number; before: string; after: string }[]): string {
  const pads = onnx.add("Concat", [...axes.map(({ before }) => before), ...axes.map(({ after }) => after)], { axis: 0 });
  return onnx.add("Pad", [x, pads, "", onnx.integers(axes.map(({ axis }) => axis))]);
}

/** x among zeros along `place.axis`, as long there as `like`. */
export function padLike(x: Node, like: Node, place: PadPlace): Node {
  return padLikeOperator.node([x, like], { place });
}
