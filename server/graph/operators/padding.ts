import type { Node } from "../node.js";
import type { OnnxBuilder } from "../onnx/builder.js";
import { Operator } from "../operator.js";
import { check, checkInteger, dimensionAt, formatShape, mapDimension } from "../shape.js";
import { eachIndex, elementCount, fillByIndex, innerSize } from "../tensor.js";

/** The position of x among zeros: the number of zeros before it, or the number after it. */
export type PadPlace = { axis: number; before: number } | { axis: number; after: number };

/** (x, like) -> x among zeros, as long as `like` along one axis. Gradient of slice. */
export const padLikeOperator = new Operator<{ place: PadPlace }>({
  name: "padLike",
  shape: ({ place }, x, like) => {
    const length = dimensionAt(like, place.axis);
    const used = dimensionAt(x, place.axis);
    const known = "before" in place ? place.before : place.after;
    const fit = typeof length !== "number" || typeof used !== "number" || used + known <= length;
    check(fit, `padLike: ${formatShape(x)} does not fit into ${formatShape(like)} along axis ${place.axis}`);
    return x.map((size, axis) => (axis === place.axis ? length : size));
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
    const [used, length] = [inputs[0]?.shape[place.axis], shape[place.axis]];
    if (typeof used === "number" && typeof length === "number") {
      const [before, after] = "before" in place ? [place.before, length - used - place.before] : [length - used - place.after, place.after];
      return padAxes(onnx, x, [{ axis: place.axis, before: onnx.integers([before]), after: onnx.integers([after]) }]);
    }
    const missing = onnx.add("Sub", [sizeOf(onnx, like, place.axis), sizeOf(onnx, x, place.axis)]);
    const known = onnx.integers(["before" in place ? place.before : place.after]);
    const rest = onnx.add("Sub", [missing, known]);
    return padAxes(onnx, x, [{ axis: place.axis, before: "before" in place ? known : rest, after: "before" in place ? rest : known }]);
  },
});

/** Height and width padded by mirroring at the border pixel, which is not repeated. */
export const reflectPadOperator = new Operator<{ padding: number }>({
  name: "reflectPad",
  shape: ({ padding }, x) => {
    check(x.length === 4, `reflectPad: x must be [N, C, H, W], not ${formatShape(x)}`);
    return x.map((size, axis) => {
      if (axis < 2) return size;
      check(typeof size !== "number" || size > padding, `reflectPad: ${formatShape(x)} is too small to mirror ${padding} pixels`);
      return mapDimension(size, (value) => value + 2 * padding);
    });
  },
  forward: (shape, { padding }, x) => {
    const [, channels = 0, height = 0, width = 0] = x.shape;
    return fillByIndex(shape, ([n = 0, c = 0, row = 0, column = 0]) => {
      const y = mirror(row - padding, height);
      return x.data[((n * channels + c) * height + y) * width + mirror(column - padding, width)] as number;
    });
  },
  gradients: [(upstream, { attributes: { padding } }, x) => reflectPadGradientOperator.node([upstream, x], { padding })],
  toOnnx: (onnx, { attributes: { padding } }, x) =>
    onnx.add("Pad", [x, onnx.integers([0, 0, padding, padding, 0, 0, padding, padding])], { mode: "reflect" }),
});

/** (upstream, x) -> upstream, its borders added to the pixels that they mirror. Only the shape of x is read. */
export const reflectPadGradientOperator = new Operator<{ padding: number }>({
  name: "reflectPadGradient",
  shape: (_, _upstream, x) => [...x],
  forward: (shape, { padding }, upstream) => {
    const [, , height = 0, width = 0] = shape;
    const data = new Float32Array(elementCount(shape));
    eachIndex(upstream.shape, ([n = 0, c = 0, row = 0, column = 0], offset) => {
      const y = mirror(row - padding, height);
      const target = ((n * dimensionAt(shape, 1) + c) * height + y) * width + mirror(column - padding, width);
      data[target] = (data[target] as number) + (upstream.data[offset] as number);
    });
    return data;
  },
  gradients: [],
  toOnnx: (onnx, { attributes: { padding }, shape }, upstream, x) =>
    [2, 3].reduce((value, axis) => {
      const size = shape[axis];
      const isApart = typeof size === "number" && size > 2 * padding + 1;
      return isApart ? unfoldApart(onnx, value, axis, padding, size) : unfold(onnx, value, axis, padding, x);
    }, upstream),
});

/** x among zeros, as long as `like` along `place.axis`. */
export function padLike(x: Node, like: Node, place: PadPlace): Node {
  return padLikeOperator.node([x, like], { place });
}

/** x [N, C, H, W] with `padding` mirrored pixels on each side of height and width, which must both exceed `padding`. */
export function reflectPad(x: Node, padding: number): Node {
  checkInteger("reflectPad", "padding", padding, 1);
  return reflectPadOperator.node([x], { padding });
}

function mirror(position: number, size: number): number {
  const positive = Math.abs(position);
  return positive < size ? positive : 2 * (size - 1) - positive;
}

/** Unfolds an axis long enough that the pixels mirrored at its ends do not overlap. Takes two passes over memory. */
function unfoldApart(onnx: OnnxBuilder, value: string, axis: number, padding: number, size: number): string {
  const part = (start: number, end: number) => slicedAxis(onnx, value, axis, start, end);
  const firstMirrored = part(padding + 1, 2 * padding + 1);
  const lastMirrored = part(size - 1, size + padding - 1);
  const parts = [
    part(padding, padding + 1),
    onnx.add("Add", [firstMirrored, reversed(onnx, part(0, padding), axis)]),
    ...(size > 2 * padding + 2 ? [part(2 * padding + 1, size - 1)] : []),
    onnx.add("Add", [lastMirrored, reversed(onnx, part(size + padding, size + 2 * padding), axis)]),
    part(size + padding - 1, size + padding),
  ];
  return onnx.add("Concat", parts, { axis });
}

/** Unfolds an axis of any size. The pixels mirrored at its two ends may overlap. */
function unfold(onnx: OnnxBuilder, value: string, axis: number, padding: number, x: string): string {
  const part = (start: number, end: number) => slicedAxis(onnx, value, axis, start, end);
  const [one, rest] = [onnx.integers([1]), onnx.add("Sub", [sizeOf(onnx, x, axis), onnx.integers([padding + 1])])];
  const first = padAxes(onnx, reversed(onnx, part(0, padding), axis), [{ axis, before: one, after: rest }]);
  const last = padAxes(onnx, reversed(onnx, part(-padding, 2 ** 31 - 1), axis), [{ axis, before: rest, after: one }]);
  return onnx.add("Add", [part(padding, -padding), onnx.add("Add", [first, last])]);
}

function slicedAxis(onnx: OnnxBuilder, x: string, axis: number, start: number, end: number): string {
  return onnx.add("Slice", [x, ...[start, end, axis].map((one) => onnx.integers([one]))]);
}

function reversed(onnx: OnnxBuilder, x: string, axis: number): string {
  const [begin, end, step] = [onnx.integers([-1]), onnx.integers([-(2 ** 31)]), onnx.integers([-1])];
  return onnx.add("Slice", [x, begin, end, onnx.integers([axis]), step]);
}

/** The size of one axis as an int64 tensor of one element. */
export function sizeOf(onnx: OnnxBuilder, x: string, axis: number): string {
  return onnx.add("Shape", [x], { start: axis, end: axis + 1 });
}

/** Pads with zeros by run-time amounts, each an int64 tensor of one element. Negative amounts crop. */
export function padAxes(onnx: OnnxBuilder, x: string, axes: readonly { axis: number; before: string; after: string }[]): string {
  const pads = onnx.add("Concat", [...axes.map(({ before }) => before), ...axes.map(({ after }) => after)], { axis: 0 });
  return onnx.add("Pad", [x, pads, "", onnx.integers(axes.map(({ axis }) => axis))]);
}
