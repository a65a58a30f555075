import { type Dimension, GraphError, type Node } from "./node.js";
import type { OnnxBuilder } from "./onnx/builder.js";
import type { Tensor } from "./tensor.js";

/**
 * Written where an operator's input takes part in its result by shape alone, or as a step function: the derivative is
 * zero wherever it exists. An input without a rule and without this mark fails when a gradient is asked through it.
 */
export const noGradient = "no gradient";

/** A node whose attributes are known to its operator. */
export interface OperatorNode<Attributes> extends Node {
  readonly attributes: Readonly<Record<string, unknown>> & Readonly<Attributes>;
}

/** Builds the gradient towards one input from the gradient towards the result; both shaped like what they belong to. */
export type GradientRule<Attributes> =
  | typeof noGradient
  | ((upstream: Node, node: OperatorNode<Attributes>, ...inputs: Node[]) => Node);

/** What an operator has to say, side by side. */
export interface OperatorRules<Attributes> {
  readonly name: string;
  /** Plain reference: concrete tensors in, a new tensor out. Throws GraphError when run-time shapes do not fit. */
  forward(node: OperatorNode<Attributes>, ...inputs: Tensor[]): Tensor;
  /** One rule for each input, in order; undefined, or an end of the list, where there is none. */
  readonly gradients: readonly (GradientRule<Attributes> | undefined)[];
  /** Adds ONNX nodes for this operator and answers the name of the result. */
  toOnnx(onnx: OnnxBuilder, node: OperatorNode<Attributes>, ...inputs: string[]): string;
}

/** An entry of the operator table. */
export class Operator<Attributes extends object = object> {
  readonly name: string;

  constructor(readonly rules: OperatorRules<Attributes>) {
    this.name = rules.name;
  }

  /** A node of this operator; shapes and attributes were checked by the builder function. */
  node(inputs: readonly Node[], shape: readonly Dimension[], attributes: Attributes): Node {
    return { operator: this.name, inputs, shape, attributes: Object.fromEntries(Object.entries(attributes)) };
  }

  forward(node: Node, inputs: readonly Tensor[]): Tensor {
    return this.rules.forward(this.own(node), ...inputs);
  }

  /** The gradient towards `node.inputs[index]`, or null where there is none to give. @throws GraphError without a rule. */
  gradient(node: Node, index: number, upstream: Node): Node | null {
    const rule = this.rules.gradients[index];
    if (rule === undefined) throw new GraphError(`${this.name} has no gradient rule towards its input ${index}`);
    return rule === noGradient ? null : rule(upstream, this.own(node), ...node.inputs);
  }

  toOnnx(onnx: OnnxBuilder, node: Node, inputs: readonly string[]): string {
    return this.rules.toOnnx(onnx, this.own(node), ...inputs);
  }

  private own(node: Node): OperatorNode<Attributes> {
    if (node.operator !== this.name) throw new GraphError(`a ${node.operator} node was handed to ${this.name}`);
    return node as OperatorNode<Attributes>;
  }
}
