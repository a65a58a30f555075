import type { Node } from "../node.js";
import { Operator } from "../operator.js";
import { dimensionAt, fillByIndex } from "../shape.js";

/** One axis in reverse order. Serves gradients of mirrored borders. */
export const flipOperator = new Operator<{ axis: number }>({
  name: "flip",
  forward: ({ attributes: { axis } }, x) => {
    const size = dimensionAt(x.shape, axis);
    const inner = x.shape.slice(axis + 1).reduce((product, other) => product * other, 1);
    const data = fillByIndex(x.shape, (index, offset) => x.data[offset + (size - 1 - 2 * (index[axis] as number)) * inner] as number);
    return { shape: x.shape, data };
  },
  gradients: [],
  toOnnx: (onnx, { attributes: { axis } }, x) =>
    onnx.add("Slice", [x, onnx.integers([-1]), onnx.integers([-(2 ** 31)]), onnx.integers([axis]), onnx.integers([-1])]),
});

/** x with one axis in reverse order. */
export function flip(x: Node, axis: number): Node {
  return flipOperator.node([x], x.shape, { axis });
}
