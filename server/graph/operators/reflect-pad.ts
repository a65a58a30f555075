import type { Node } from "../node.js";
import { Operator } from "../operator.js";
import { check, checkInteger, fillByIndex, formatShape, mapDimension } from "../shape.js";
import { add } from "./add.js";
import { flip } from "./flip.js";
import { padLike } from "./pad-like.js";
import { slice } from "./slice.js";

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
  gradients: [(upstream, { attributes: { padding } }, x) => unfoldAxis(unfoldAxis(upstream, 2, padding, x), 3, padding, x)],
  toOnnx: (onnx, { attributes: { padding } }, x) =>
    onnx.add("Pad", [x, onnx.integers([0, 0, padding, padding, 0, 0, padding, padding])], { mode: "reflect" }),
});

function mirror(position: number, size: number): number {
  const positive = Math.abs(position);
  return positive < size ? positive : 2 * (size - 1) - positive;
}

/** Adds what fell on the mirrored borders of one axis to the pixels that they mirror. */
function unfoldAxis(upstream: Node, axis: number, padding: number, x: Node): Node {
  const inside = slice(upstream, { axis, start: padding, end: -padding });
  const first = flip(slice(upstream, { axis, start: 0, end: padding }), axis);
  const last = flip(slice(upstream, { axis, start: -padding }), axis);
  return add(inside, add(padLike(first, x, { axis, before: 1 }), padLike(last, x, { axis, after: 1 })));
}

/** x [N, C, H, W] with `padding` mirrored pixels on each side of height and width, which must be larger than it. */
export function reflectPad(x: Node, padding: number): Node {
  checkInteger("reflectPad", "padding", padding, 1);
  return reflectPadOperator.node([x], { padding });
}
