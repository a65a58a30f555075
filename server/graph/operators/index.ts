import { GraphError } from "../node.js";
import type { Operator } from "../operator.js";
import { absOperator, signOperator } from "./abs.js";
import { leakyReluGradientOperator, leakyReluOperator } from "./activations.js";
import { addOperator } from "./add.js";
import { mulOperator } from "./arithmetic.js";
import { avgPoolOperator } from "./avg-pool.js";
import { concatOperator } from "./concat.js";
import { convTranspose2dOperator } from "./conv-transpose.js";
import { conv2dOperator } from "./conv2d.js";
import { conv2dInputGradientOperator } from "./conv2d-input-gradient.js";
import { countOperator } from "./count.js";
import { expandLikeOperator } from "./expand-like.js";
import { instanceNormGradientOperator, instanceNormOperator } from "./instance-norm.js";
import { matmulOperator, selfProductOperator } from "./matmul.js";
import { maxPoolGradientOperator, maxPoolOperator } from "./max-pool.js";
import { padLikeOperator } from "./pad-like.js";
import { reflectPadGradientOperator, reflectPadOperator } from "./padding.js";
import { reciprocalOperator } from "./reciprocal.js";
import { reduceMeanOperator } from "./reduce-mean.js";
import { reduceSumOperator } from "./reduce-sum.js";
import { reluGradientOperator, reluOperator } from "./relu.js";
import { reshapeLikeOperator, reshapeOperator } from "./shapes.js";
import { sliceOperator } from "./slice.js";
import { subOperator } from "./sub.js";
import { tanhOperator } from "./tanh.js";
import { transposeOperator } from "./transpose.js";
import { unsqueezeOperator } from "./unsqueeze.js";
import { upsampleLikeOperator } from "./upsample-like.js";
import { upsampleNearestOperator } from "./upsample-nearest.js";

/** Operators that graphs are built with, next to the leaves `input` and `constant`. */
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
] as const;

/** Operators that only gradients use: an engine that differentiates by itself needs none of them. */
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

/** Every operator but the leaves `input` and `constant`. */
export const operators = [...forwardOperators, ...gradientOperators] as const;

const byName = new Map<string, Operator<never>>(operators.map((operator) => [operator.name, operator as Operator<never>]));

/** The operator of a node. @throws GraphError when the table has none of that name. */
export function operatorNamed(name: string): Pick<Operator, "name" | "shape" | "forward" | "gradient" | "gradientKind" | "toOnnx"> {
  const operator = byName.get(name);
  if (operator === undefined) throw new GraphError(`there is no operator "${name}"`);
  return operator;
}
