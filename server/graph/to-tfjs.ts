import * as tf from "@tensorflow/tfjs-core";
import { type Graph, GraphError, inOrder, type Node } from "./node.js";
import type { Operator, OperatorNode } from "./operator.js";
import { leakyReluOperator, reluOperator, tanhOperator } from "./operators/activations.js";
import {
  absOperator,
  addOperator,
  countAlong,
  countOperator,
  mulOperator,
  reciprocalOperator,
  reduceMeanOperator,
  reduceSumOperator,
  subOperator,
} from "./operators/arithmetic.js";
import { convTranspose2dOperator } from "./operators/conv-transpose.js";
import { conv2dOperator } from "./operators/convolution.js";
import { instanceNormOperator } from "./operators/instance-norm.js";
import { matmulOperator, selfProductOperator } from "./operators/matmul.js";
import { reflectPadOperator } from "./operators/padding.js";
import { avgPoolOperator, maxPoolOperator, upsampleNearestOperator } from "./operators/pooling.js";
import { concatOperator, reshapeOperator, sliceOperator, transposeOperator } from "./operators/shapes.js";
import { upsampledConv2dOperator } from "./operators/upsampled-convolution.js";
import type { Tensor } from "./tensor.js";
import { convolve, convolveTransposed } from "./tfjs/convolution.js";
import {
  absolute,
  averagePool,
  broadcast,
  concatenate,
  elementwise,
  instanceNorm,
  maxPool,
  reduce,
  reflectPad,
  reshape,
  slice,
  upsampleNearest,
} from "./tfjs/rules.js";
import { Value } from "./tfjs/value.js";

/** Computes the value of a node from the values of its inputs. */
type Rule = (node: Node, inputs: readonly Value[]) => Value;

/** An entry of the table: an operator and its computation in TensorFlow.js. */
function rule<Attributes extends object>(
  operator: Operator<Attributes>,
  compute: (attributes: Attributes, ...inputs: Value[]) => Value,
): [string, Rule] {
  return [operator.name, (node, inputs) => compute((node as OperatorNode<Attributes>).attributes, ...inputs)];
}

/** Rules for all operators that graphs are built with. TensorFlow.js differentiates them itself. */
const rules: ReadonlyMap<string, Rule> = new Map([
  rule(conv2dOperator, (attributes, x, weight, bias) => convolve(attributes, x, weight, bias)),
  rule(reflectPadOperator, ({ padding }, x) => reflectPad(padding, x)),
  rule(reluOperator, (_, x) => elementwise(tf.relu, x)),
  rule(maxPoolOperator, (attributes, x) => maxPool(attributes, x)),
  rule(avgPoolOperator, (attributes, x) => averagePool(attributes, x)),
  rule(addOperator, (_, a, b) => broadcast(tf.add, a, b)),
  rule(subOperator, (_, a, b) => broadcast(tf.sub, a, b)),
  rule(mulOperator, (_, a, b) => broadcast(tf.mul, a, b)),
  rule(matmulOperator, (_, a, b) => new Value(tf.matMul(a.as("given"), b.as("given")))),
  rule(selfProductOperator, (_, a) => new Value(tf.matMul(a.as("given"), a.as("given"), false, true))),
  rule(transposeOperator, ({ permutation }, x) => new Value(tf.transpose(x.as("given"), [...permutation]))),
  rule(reshapeOperator, ({ shape }, x) => reshape(shape, x)),
  rule(sliceOperator, (attributes, x) => slice(attributes, x)),
  rule(reduceSumOperator, ({ axes }, x) => reduce("sum", axes, x)),
  rule(reduceMeanOperator, ({ axes }, x) => reduce("mean", axes, x)),
  rule(absOperator, (_, x) => elementwise(absolute, x)),
  rule(reciprocalOperator, (_, x) => elementwise(tf.reciprocal, x)),
  rule(leakyReluOperator, ({ slope }, x) => elementwise((tensor) => tf.leakyRelu(tensor, slope), x)),
  rule(tanhOperator, (_, x) => elementwise(tf.tanh, x)),
  rule(concatOperator, ({ axis }, a, b) => concatenate([a, b], axis)),
  rule(instanceNormOperator, (attributes, x, scale, shift) => instanceNorm(attributes, x, scale, shift)),
  rule(convTranspose2dOperator, (attributes, x, weight, bias) => convolveTransposed(attributes, x, weight, bias)),
  rule(upsampleNearestOperator, (attributes, x) => upsampleNearest(attributes, x)),
  rule(upsampledConv2dOperator, ({ padMode }, x, weight, bias) => {
    const larger = upsampleNearest({ size: 2 }, x);
    const isZero = padMode === "zero";
    return convolve({ stride: 1, padding: isZero ? 1 : 0, groups: 1 }, isZero ? larger : reflectPad(1, larger), weight, bias);
  }),
  rule(countOperator, ({ axes }, x) => new Value(tf.scalar(countAlong(x.as("given").shape, axes)))),
]);

/** A graph as TensorFlow.js computes it. Constants stay on the device from the first run until `dispose`. */
export class TfjsGraph {
  private readonly nodes: readonly Node[];
  private readonly constants = new Map<Node, Value>();
  /** The last node that reads a value. The value is freed after it. */
  private readonly lastReaders = new Map<Node, Node>();

  /** @throws GraphError for an operator without a rule. */
  constructor(private readonly outputs: Graph) {
    this.nodes = inOrder(Object.values(outputs));
    for (const node of this.nodes) {
      const leaf = node.operator === "input" || node.operator === "constant";
      if (!leaf && !rules.has(node.operator)) throw new GraphError(`TensorFlow.js has no rule for ${node.operator}`);
      for (const read of node.inputs) this.lastReaders.set(read, node);
    }
    for (const node of Object.values(outputs)) this.lastReaders.delete(node);
  }

  /**
   * Computes the outputs from the inputs by name and takes ownership of the inputs. The caller disposes the returned
   * tensors, which survive a surrounding tidy. TensorFlow.js can differentiate through this method.
   */
  run(inputs: Readonly<Record<string, tf.Tensor>>): Record<string, tf.Tensor> {
    const values = new Map<Node, Value>();
    try {
      for (const node of this.nodes) {
        tf.tidy(() => {
          values.set(node, this.valueOf(node, inputs, values));
        });
        for (const read of node.inputs) if (this.lastReaders.get(read) === node) this.free(read, values);
      }
      return tf.tidy(() => {
        const results = Object.entries(this.outputs).map(
          ([name, node]) => [name, tf.clone((values.get(node) as Value).as("given"))] as const,
        );
        return Object.fromEntries(results.map(([name, tensor]) => [name, tf.keep(tensor)]));
      });
    } finally {
      for (const node of values.keys()) this.free(node, values);
    }
  }

  dispose(): void {
    for (const value of this.constants.values()) value.dispose();
    this.constants.clear();
  }

  private valueOf(node: Node, inputs: Readonly<Record<string, tf.Tensor>>, values: ReadonlyMap<Node, Value>): Value {
    if (node.operator === "input") return new Value(inputs[String(node.attributes.name)] as tf.Tensor);
    if (node.operator === "constant") return this.constant(node);
    const compute = rules.get(node.operator) as Rule;
    return compute(
      node,
      node.inputs.map((read) => values.get(read) as Value),
    );
  }

  private constant(node: Node): Value {
    const known = this.constants.get(node);
    if (known !== undefined) return known;
    const value = new Value(toTfjsTensor(node.attributes.value as Tensor));
    this.constants.set(node, value);
    return value;
  }

  private free(node: Node, values: Map<Node, Value>): void {
    if (node.operator !== "constant") values.get(node)?.dispose();
    values.delete(node);
  }
}

/** A copy of `tensor` on the device. */
export function toTfjsTensor({ shape, data }: Tensor): tf.Tensor {
  return tf.tensor(data, [...shape], "float32");
}
