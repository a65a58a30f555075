import { constant, type Node } from "../node.js";
import { fillsBlocks, isAbove0, leftBlocks } from "../onnx/blocks.js";
import { Operator } from "../operator.js";
import { check, sameShape } from "../shape.js";
import { scalar } from "../tensor.js";
import { mul, sub } from "./arithmetic.js";

/** max(x, 0). The gradient reads the result instead of x, so that a device can free x. */
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
  // On the CPU, a whole VGG-19 gradient is a few percent cheaper with this than with Sign. Where costs about the same.
  toOnnx: (onnx, { shape, inputs }, upstream, result) => {
    if (fillsBlocks(shape)) return onnx.add("Mul", [upstream, isAbove0(onnx, result, inputs.some(leftBlocks) ? null : shape[1])]);
    const isAbove = onnx.add("Greater", [result, onnx.scalar(0)]);
    return onnx.add("Mul", [upstream, onnx.add("Cast", [isAbove], { to: 1 })]);
  },
});

export interface LeakyReluAttributes {
  /** Factor of negative values. */
  slope: number;
}

/** x above 0, else slope * x. The gradient reads the result, which has the sign of x because the slope is above 0. */
export const leakyReluOperator = new Operator<LeakyReluAttributes>({
  name: "leakyRelu",
  shape: (_, x) => [...x],
  forward: (_shape, { slope }, x) => x.data.map((value) => (value > 0 ? value : slope * value)),
  gradients: [(upstream, node) => leakyReluGradientOperator.node([upstream, node], { slope: node.attributes.slope })],
  toOnnx: (onnx, { attributes: { slope } }, x) => onnx.add("LeakyRelu", [x], { alpha: { float: slope } }),
});

/** (upstream, result of leakyRelu) -> upstream where the result is above 0, else slope * upstream. */
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

/** Hyperbolic tangent; its derivative is 1 minus the square of the result. */
export const tanhOperator = new Operator({
  name: "tanh",
  shape: (_, x) => [...x],
  forward: (_shape, _, x) => x.data.map(Math.tanh),
  gradients: [(upstream, node) => mul(upstream, sub(constant(scalar(1)), mul(node, node)))],
  toOnnx: (onnx, _, x) => onnx.add("Tanh", [x]),
});

/** Rectified linear unit, element by element. */
export function relu(x: Node): Node {
  return reluOperator.node([x], {});
}

/** Leaky rectified linear unit, element by element. @throws GraphError unless the slope is above 0 and at most 1. */
export function leakyRelu(x: Node, { slope }: LeakyReluAttributes): Node {
  check(slope > 0 && slope <= 1, `leakyRelu: the slope must be above 0 and at most 1, not ${slope}`);
  return leakyReluOperator.node([x], { slope });
}

/** Hyperbolic tangent, element by element. */
export function tanh(x: Node): Node {
  return tanhOperator.node([x], {});
}
