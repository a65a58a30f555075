import type { Node } from "../node.js";
import { Operator } from "../operator.js";
import { check, sameShape } from "../shape.js";

/** Attributes of a rectifier that lets `slope` of what is negative through. */
export interface LeakyReluAttributes {
  slope: number;
}

/** x where it is above 0, else slope x. The gradient reads the result, not x: with a slope above 0 both have the same sign. */
export const leakyReluOperator = new Operator<LeakyReluAttributes>({
  name: "leakyRelu",
  shape: (_, x) => [...x],
  forward: (_shape, { slope }, x) => x.data.map((value) => (value > 0 ? value : slope * value)),
  gradients: [(upstream, node) => leakyReluGradientOperator.node([upstream, node], { slope: node.attributes.slope })],
  toOnnx: (onnx, { attributes: { slope } }, x) => onnx.add("LeakyRelu", [x], { alpha: { float: slope } }),
});

/** (upstream, result of leakyRelu) -> upstream where the result is above 0, else slope times upstream. */
export const leakyReluGradientOperator = new Operator<LeakyReluAttributes>({
  name: "leakyReluGradient",
  shape: (_, upstream, result) => sameShape("leakyReluGradient", upstream, result),
  forward: (_shape, { slope }, upstream, result) =>
    upstream.data.map((value, offset) => ((result.data[offset] as number) > 0 ? value : slope * value)),
  gradients: [],
  toOnnx: (onnx, { attributes: { slope } }, upstream, result) => {
    const isAbove = onnx.add("Greater", [result, onnx.scalar(0)]);
    return onnx.add("Where", [isAbove, upstream, onnx.add("Mul", [upstream, onnx.scalar(slope)])]);
  },
});

/** Leaky rectified linear unit of any shape; the slope is above 0 and at most 1. @throws GraphError for other slopes. */
export function leakyRelu(x: Node, { slope }: LeakyReluAttributes): Node {
  check(slope > 0 && slope <= 1, `leakyRelu: the slope must be above 0 and at most 1, not ${slope}`);
  return leakyReluOperator.node([x], { slope });
}
