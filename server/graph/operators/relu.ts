import type { Node } from "../node.js";
import { fillsBlocks, isAbove0 } from "../onnx/blocks.js";
import { Operator } from "../operator.js";
import { sameShape } from "../shape.js";

/** max(x, 0). The gradient reads the result, not x, so that a device may forget x. */
export const reluOperator = new Operator({
  name: "relu",
  shape: (_, x) => [...x],
  forward: (_shape, _, x) => x.data.map((value) => Math.max(value, 0)),
  gradients: [(upstream, node) => reluGradientOperator.node([upstream, node], {})],
  toOnnx: (onnx, _, x) => onnx.add("Relu", [x]),
});

/** (upstream, result of relu) -> upstream where the result is above 0, else 0. */
export const reluGradientOperator = new Operator({
  name: "reluGradient",
  shape: (_, upstream, result) => sameShape("reluGradient", upstream, result),
  forward: (_shape, _, upstream, result) => upstream.data.map((value, offset) => ((result.data[offset] as number) > 0 ? value : 0)),
  gradients: [],
  // On the CPU a few per cent of a whole VGG-19 gradient cheaper than Sign; Where costs about the same as this.
  toOnnx: (onnx, { shape }, upstream, result) => {
    if (fillsBlocks(shape)) return onnx.add("Mul", [upstream, isAbove0(onnx, result, shape[1])]);
    const isAbove = onnx.add("Greater", [result, onnx.scalar(0)]);
    return onnx.add("Mul", [upstream, onnx.add("Cast", [isAbove], { to: 1 })]);
  },
});

/** Rectified linear unit of any shape. */
export function relu(x: Node): Node {
  return reluOperator.node([x], {});
}
