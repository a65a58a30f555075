import type { Node } from "../node.js";
import { Operator } from "../operator.js";
import { dimensionAt, fillByIndex, innerSize } from "../shape.js";

/** One axis in reverse order. Serves gradients of mirrored borders. */
export const flipOperator = new Operator<{ axis: number }>({
  name: "flip",
  shape: (_, x) => [...x],
  forward: (shape, { axis }, x) => {
    const last = dimensionAt(shape, axis) - 1;
    const inner = innerSize(shape, axis);
    return fillByIndex(shape, (index, offset) => x.data[offset + (last - 2 * dimensionAt(index, axis)) * inner] as number);
  },
  gradients: [],
  toOnnx: (onnx, { attributes: { axis } }, x) =>
    onnx.add("Slice", [x, onnx.integers([-1]), onnx.integers([-(2 ** 31)]), onnx.integers([axis]), onnx.integers([-1])]),
});

/** x with one axis in reverse order. */
export function flip(x: Node, axis: number): Node {
  return flipOperator.node([x], { axis });
}
