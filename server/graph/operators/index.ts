import { GraphError } from "../node.js";
import type { Operator } from "../operator.js";
import { leakyReluGradientOperator, leakyReluOperator, reluGradientOperator, reluOperator, tanhOperator } from "./activations.js";
import {
  absOperator,
  addOperator,
  countOperator,
  mulOperator,
  reciprocalOperator,
  reduceMeanOperator,
  reduceSumOperator,
  signOperator,
  subOperator,
} from "./arithmetic.js";
import { convTranspose2dOperator } from "./conv-transpose.js";
import { conv2dInputGradientOperator, conv2dOperator } from "./convolution.js";
import { instanceNormGradientOperator, instanceNormOperator } from "./instance-norm.js";
import { matmulOperator, selfProductOperator } from "./matmul.js";
import { padLikeOperator, reflectPadGradientOperator, reflectPadOperator } from "./padding.js";
import { avgPoolOperator, maxPoolGradientOperator, maxPoolOperator, upsampleLikeOperator, upsampleNearestOperator } from "./pooling.js";
import {
  concatOperator,
  expandLikeOperator,
  reshapeLikeOperator,
  reshapeOperator,
  sliceOperator,
  transposeOperator,
  unsqueezeOperator,
} from "./shapes.js";
import { upsampledConv2dOperator } from "./upsampled-convolution.js";

export { leakyRelu, relu, tanh } from "./activations.js";
export { abs, add, count, mul, reciprocal, reduceMean, reduceSum, sub } from "./arithmetic.js";
export { type ConvTranspose2dOptions, convTranspose2d } from "./conv-transpose.js";
export { type Conv2dOptions, conv2d } from "./convolution.js";
export { instanceNorm } from "./instance-norm.js";
export { matmul } from "./matmul.js";
export { avgPool, maxPool, upsampleNearest } from "./pooling.js";
export { concat, reshape, slice, transpose } from "./shapes.js";
export { upsampledConv2d } from "./upsampled-convolution.js";

/** The operators that graphs are built with, besides the leaves `input` and `constant`. */
export const forwardOperators = [
  conv2dOperator,
  reflectPadOperator,
  reluOperator,
  maxPoolOperator,
  avgPoolOperator,
  addOperator,
  subOperator,
  mulOperator,
  matmulOperator,
  selfProductOperator,
  transposeOperator,
  reshapeOperator,
  sliceOperator,
  reduceSumOperator,
  reduceMeanOperator,
  absOperator,
  reciprocalOperator,
  countOperator,
  leakyReluOperator,
  tanhOperator,
  concatOperator,
  instanceNormOperator,
  convTranspose2dOperator,
  upsampleNearestOperator,
  upsampledConv2dOperator,
] as const;

/** Operators that only gradients use. An engine with its own differentiation needs none of them. */
export const gradientOperators = [
  conv2dInputGradientOperator,
  reflectPadGradientOperator,
  reluGradientOperator,
  leakyReluGradientOperator,
  instanceNormGradientOperator,
  maxPoolGradientOperator,
  upsampleLikeOperator,
  padLikeOperator,
  expandLikeOperator,
  unsqueezeOperator,
  reshapeLikeOperator,
  signOperator,
] as const;

/** All operators except the leaves `input` and `constant`. */
export const operators = [...forwardOperators, ...gradientOperators] as const;

const byName = new Map<string, Operator<never>>(operators.map((operator) => [operator.name, operator as Operator<never>]));

/** The operator with this name. @throws GraphError when the table has none. */
export function operatorNamed(
  name: string,
): Pick<Operator, "name" | "shape" | "forward" | "gradient" | "gradientKind" | "toOnnx" | "rewritten"> {
  const operator = byName.get(name);
  if (operator === undefined) throw new GraphError(`there is no operator "${name}"`);
  return operator;
}
