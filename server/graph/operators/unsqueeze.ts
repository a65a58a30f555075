import type { Dimension, Node } from "../node.js";
import { Operator } from "../operator.js";
import { normalizeAxes } from "../shape.js";

/** Inserts axes of size 1; `axes` count in the result. Serves gradients of sums. */
export const unsqueezeOperator = new Operator<{ axes: readonly number[] }>({
  name: "unsqueeze",
  shape: ({ axes }, x) => {
    const result: Dimension[] = [...x];
    for (const axis of axes) result.splice(axis, 0, 1);
    return result;
  },
  forward: (_shape, _, x) => x.data,
  gradients: [],
  toOnnx: (onnx, { attributes }, x) => onnx.add("Unsqueeze", [x, onnx.integers(attributes.axes)]),
});

/** x with axes of size 1 inserted so that they stand at `axes` of the result. */
export function unsqueeze(x: Node, axes: readonly number[]): Node {
  return unsqueezeOperator.node([x], { axes: normalizeAxes("unsqueeze", axes, x.shape.length + axes.length) });
}
