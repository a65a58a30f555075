import { constant, type Node } from "../node.js";
import type { OnnxBuilder } from "../onnx/builder.js";
import { Operator } from "../operator.js";
import { check, dimensionAt, formatShape, sameShape } from "../shape.js";
import { type Tensor, tensor } from "../tensor.js";
import { mul, reduceSum } from "./arithmetic.js";

export interface InstanceNormAttributes {
  /** Added to the variance, so that it is never 0. */
  epsilon: number;
}

/**
 * scale * (x - mean) / sqrt(variance + epsilon) + shift, with mean and variance (divided by the count) per channel and
 * picture. Ulyanov, Vedaldi, Lempitsky: "Instance Normalization: The Missing Ingredient for Fast Stylization" (2016).
 */
export const instanceNormOperator = new Operator<InstanceNormAttributes>({
  name: "instanceNorm",
  shape: (_, x, scale, shift) => {
    check(x.length === 4, `instanceNorm: x must be [N, C, H, W], not ${formatShape(x)}`);
    const channels = dimensionAt(x, 1);
    for (const one of [scale, shift]) {
      check(one.length === 1 && one[0] === channels, `instanceNorm: scale and shift must be [${channels}], not ${formatShape(one)}`);
    }
    return [...x];
  },
  forward: (shape, { epsilon }, x, scale, shift) => {
    const [, channels = 0] = shape;
    const result = new Float32Array(x.data.length);
    eachPlane(x, (first, length, plane) => {
      const { mean, deviation } = momentsOf(x.data.subarray(first, first + length), epsilon);
      const [factor, offset] = [(scale.data[plane % channels] as number) / deviation, shift.data[plane % channels] as number];
      for (let i = first; i < first + length; i++) result[i] = ((x.data[i] as number) - mean) * factor + offset;
    });
    return result;
  },
  gradients: [
    (upstream, { attributes: { epsilon } }, x, scale) => instanceNormGradientOperator.node([upstream, x, scale], { epsilon }),
    (upstream, { attributes }, x, scale) => reduceSum(mul(upstream, normalised(x, scale, attributes)), [0, 2, 3]),
    (upstream) => reduceSum(upstream, [0, 2, 3]),
  ],
  toOnnx: (onnx, { attributes: { epsilon } }, ...inputs) => onnx.add("InstanceNormalization", inputs, { epsilon: { float: epsilon } }),
});

/**
 * (upstream, x, scale) -> gradient towards x: upstream without its mean and without its component along the normalised
 * x, times scale / sqrt(variance + epsilon).
 */
export const instanceNormGradientOperator = new Operator<InstanceNormAttributes>({
  name: "instanceNormGradient",
  shape: (_, upstream, x) => sameShape("instanceNormGradient", x, upstream),
  forward: (shape, { epsilon }, upstream, x, scale) => {
    const [, channels = 0] = shape;
    const result = new Float32Array(x.data.length);
    eachPlane(x, (first, length, plane) => {
      const { mean, deviation } = momentsOf(x.data.subarray(first, first + length), epsilon);
      const unit = (i: number) => ((x.data[i] as number) - mean) / deviation;
      let [sum, along] = [0, 0];
      for (let i = first; i < first + length; i++) {
        sum += upstream.data[i] as number;
        along += (upstream.data[i] as number) * unit(i);
      }
      const factor = (scale.data[plane % channels] as number) / deviation;
      for (let i = first; i < first + length; i++) {
        result[i] = factor * ((upstream.data[i] as number) - sum / length - (unit(i) * along) / length);
      }
    });
    return result;
  },
  gradients: [],
  toOnnx: (onnx, { attributes: { epsilon } }, upstream, x, scale) => {
    const centred = onnx.add("Sub", [x, planeMean(onnx, x)]);
    const variance = planeMean(onnx, onnx.add("Mul", [centred, centred]));
    const deviation = onnx.add("Sqrt", [onnx.add("Add", [variance, onnx.scalar(epsilon)])]);
    const unit = onnx.add("Div", [centred, deviation]);
    const along = onnx.add("Mul", [unit, planeMean(onnx, onnx.add("Mul", [upstream, unit]))]);
    const rest = onnx.add("Sub", [onnx.add("Sub", [upstream, planeMean(onnx, upstream)]), along]);
    const channels = onnx.add("Reshape", [scale, onnx.integers([1, -1, 1, 1])]);
    return onnx.add("Mul", [rest, onnx.add("Div", [channels, deviation])]);
  },
});

/** Instance norm of x [N, C, H, W] with scale [C] and shift [C]. @throws GraphError when they or epsilon do not fit. */
export function instanceNorm(x: Node, scale: Node, shift: Node, { epsilon }: InstanceNormAttributes): Node {
  check(epsilon > 0, `instanceNorm: epsilon must be above 0, not ${epsilon}`);
  return instanceNormOperator.node([x, scale, shift], { epsilon });
}

function planeMean(onnx: OnnxBuilder, x: string): string {
  return onnx.add("ReduceMean", [x, onnx.integers([2, 3])], { keepdims: 1 });
}

/** Visits each channel of each picture with its offset, its length and its number. */
function eachPlane({ shape }: Tensor, visit: (first: number, length: number, plane: number) => void): void {
  const [batch = 0, channels = 0, height = 0, width = 0] = shape;
  for (let plane = 0; plane < batch * channels; plane++) visit(plane * height * width, height * width, plane);
}

function momentsOf(values: Float32Array, epsilon: number): { mean: number; deviation: number } {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length;
  return { mean, deviation: Math.sqrt(variance + epsilon) };
}

/** Instance norm with scale 1 and shift 0. */
function normalised(x: Node, scale: Node, attributes: InstanceNormAttributes): Node {
  const channels = scale.shape[0] as number;
  const all = (value: number) => constant(tensor([channels], new Float32Array(channels).fill(value)));
  return instanceNormOperator.node([x, all(1), all(0)], attributes);
}
