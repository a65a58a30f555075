import type { Node } from "../node.js";
import { Operator } from "../operator.js";

/** max(x, 0). The gradient reads the result, not x, so that a device may forget x. */
export const reluOperator = new Operator({
  name: "relu",
  forward: (_, x) => ({ shape: x.shape, data: x.data.map((value) => Math.max(value, 0)) }),
  gradients: [(upstream, node) => reluGradientOperator.node([upstream, node], node.shape, {})],
  toOnnx: (onnx, _, x) => onnx.add("Relu", [x]),
});

/** (upstream, result of relu) -> upstream where the result is above 0, else 0. */
export const reluGradientOperator = new Operator({
  name: "reluGradient",
  forward: (_, upstream, result) => ({
    shape: result.shape,
    data: result.data.map((value, offset) => (value > 0 ? (upstream.data[offset] as number) : 0)),
  }),
  gradients: [],
  toOnnx: (onnx, _, upstream, result) => onnx.add("Mul", [upstream, onnx.add("Sign", [result])]),
});

/** Rectified linear unit of any shape. */
export function relu(x: Node): Node {
  return reluOperator.node([x], x.shape, {});
}
