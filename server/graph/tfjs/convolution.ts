import * as tf from "@tensorflow/tfjs-core";
import type { ConvTranspose2dAttributes } from "../operators/conv-transpose.js";
import type { ConvolutionAttributes } from "../operators/convolution.js";
import { Value } from "./value.js";

type Convolution = (x: tf.Tensor4D, kernel: tf.Tensor4D) => tf.Tensor4D;

/** conv2d: x [N, C, H, W], weight [O, C / groups, kH, kW], bias [O]. */
export function convolve({ stride, padding, groups }: ConvolutionAttributes, x: Value, weight: Value, bias?: Value): Value {
  const kernel = weight.as("kernel") as tf.Tensor4D;
  const image = x.as("channelsLast") as tf.Tensor4D;
  const [height, width] = kernel.shape;
  // Numbers fail as padding: the native backends reject them, and they are misread for kernels that are not square.
  const isSame = stride === 1 && height === 2 * padding + 1 && width === height;
  const padded = isSame || padding === 0 ? image : padHeightAndWidth(image, padding);
  const pad = isSame ? "same" : "valid";
  const channels = image.shape[3];
  const convolved =
    groups > 1 && groups === channels && hasDepthwise()
      ? tf.depthwiseConv2d(padded, depthwiseKernel(kernel, channels), stride, pad)
      : perGroup(groups, padded, kernel, (part, own) => tf.conv2d(part, own, stride, pad));
  return biased(convolved, bias);
}

/** convTranspose2d: x [N, C, H, W], weight [C, O / groups, kH, kW], bias [O]. */
export function convolveTransposed(attributes: ConvTranspose2dAttributes, x: Value, weight: Value, bias?: Value): Value {
  const { stride, padding, outputPadding, groups } = attributes;
  const kernel = weight.as("kernel") as tf.Tensor4D;
  const image = x.as("channelsLast") as tf.Tensor4D;
  const [batch, height, width] = image.shape;
  const [kernelHeight, kernelWidth, outputs] = kernel.shape;
  const whole = [(height - 1) * stride + kernelHeight + outputPadding, (width - 1) * stride + kernelWidth + outputPadding] as const;
  const convolved = perGroup(groups, image, kernel, (part, own) =>
    tf.conv2dTranspose(part, own, [batch, ...whole, outputs], stride, "valid"),
  );
  if (padding === 0) return biased(convolved, bias);
  const [rows, columns] = [whole[0] - 2 * padding, whole[1] - 2 * padding];
  return biased(tf.slice(convolved, [0, padding, padding, 0], [batch, rows, columns, outputs * groups]), bias);
}

function biased(convolved: tf.Tensor, bias: Value | undefined): Value {
  return new Value(bias === undefined ? convolved : tf.add(convolved, bias.as("given")), "channelsLast");
}

function padHeightAndWidth(image: tf.Tensor4D, padding: number): tf.Tensor4D {
  const both: [number, number] = [padding, padding];
  return tf.pad(image, [[0, 0], both, both, [0, 0]]);
}

/** Whether the backend supports depthwise convolution as needed. The WebAssembly backend lacks its gradient. */
function hasDepthwise(): boolean {
  return !tf.engine().isTapeOn() || tf.getKernel("DepthwiseConv2dNativeBackpropInput", tf.getBackend()) !== undefined;
}

/** [kH, kW, 1, O] -> [kH, kW, C, O / C]. */
function depthwiseKernel(kernel: tf.Tensor4D, channels: number): tf.Tensor4D {
  const [height, width, , outputs] = kernel.shape;
  return tf.reshape(kernel, [height, width, channels, outputs / channels]);
}

/**
 * One convolution for each group of channels, since TensorFlow.js does not support groups. Each group has its own
 * outputs of a kernel, or its own inputs of a transposed kernel.
 */
function perGroup(groups: number, x: tf.Tensor4D, kernel: tf.Tensor4D, convolution: Convolution): tf.Tensor4D {
  if (groups === 1) return convolution(x, kernel);
  const kernels = tf.split(kernel, groups, 3);
  const parts = tf.split(x, groups, 3).map((part, index) => convolution(part as tf.Tensor4D, kernels[index] as tf.Tensor4D));
  return tf.concat(parts, 3);
}
