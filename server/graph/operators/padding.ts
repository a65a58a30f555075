import type { Node } from "../node.js";
import type { OnnxBuilder } from "../onnx/builder.js";
import { Operator } from "../operator.js";
import { check, checkInteger, dimensionAt, eachIndex, fillByIndex, formatShape, mapDimension } from "../shape.js";
import { elementCount } from "../tensor.js";
import { padAxes, sizeOf } from "./pad-like.js";

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

function mirror(position: number, size: number): number {
  const positive = Math.abs(position);
  return positive < size ? positive : 2 * (size - 1) - positive;
}

/** (upstream, x) -> what fell on the mirrored borders, added to the pixels that they mirror; x lends its shape alone. */
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

/** Unfolds an axis whose mirrored pixels at both ends are known to lie apart, in two passes over memory. */
function unfoldApart(onnx: OnnxBuilder, value: string, axis: number, padding: number, size: number): string {
  const part = (start: number, end: number) => onnx.add("Slice", [value, ...[start, end, axis].map((one) => onnx.integers([one]))]);
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

/** Unfolds an axis of any size, where the mirrored pixels of one end may be those of the other. */
function unfold(onnx: OnnxBuilder, value: string, axis: number, padding: number, x: string): string {
  const part = (start: number, end: number) => onnx.add("Slice", [value, ...[start, end, axis].map((one) => onnx.integers([one]))]);
  const [one, rest] = [onnx.integers([1]), onnx.add("Sub", [sizeOf(onnx, x, axis), onnx.integers([padding + 1])])];
  const first = padAxes(onnx, reversed(onnx, part(0, padding), axis), [{ axis, before: one, after: rest }]);
  const last = padAxes(onnx, reversed(onnx, part(-padding, 2 ** 31 - 1), axis), [{ axis, before: rest, after: one }]);
  return onnx.add("Add", [part(padding, -padding), onnx.add("Add", [first, last])]);
}

function reversed(onnx: OnnxBuilder, x: string, axis: number): string {
  const [begin, end, step] = [onnx.integers([-1]), onnx.integers([-(2 ** 31)]), onnx.integers([-1])];
  return onnx.add("Slice", [x, begin, end, onnx.integers([axis]), step]);
}

/** x [N, C, H, W] with `padding` mirrored pixels on each side of height and width, which must be larger than it. */
export function reflectPad(x: Node, padding: number): Node {
  checkInteger("reflectPad", "padding", padding, 1);
  return reflectPadOperator.node([x], { padding });
}
