import { type Dimension, FREE, GraphError, type Node } from "./node.js";
import type { OnnxBuilder } from "./onnx/builder.js";
import { formatShape } from "./shape.js";
import type { Tensor } from "./tensor.js";

/**
 * Written where an operator's input takes part in its result by shape alone, or as a step function: the derivative is
 * zero wherever it exists. An input without a rule and without this mark fails when a gradient is asked through it.
 */
export const noGradient = "no gradient";

export type Shape = readonly Dimension[];

/** A node whose attributes are known to its operator. */
export interface OperatorNode<Attributes> extends Node {
  readonly attributes: Readonly<Record<string, unknown>> & Readonly<Attributes>;
}

/** Builds the gradient towards one input from the gradient towards the result; both shaped like what they belong to. */
export type GradientRule<Attributes> = typeof noGradient | ((upstream: Node, node: OperatorNode<Attributes>, ...inputs: Node[]) => Node);

/** What an operator has to say, side by side. */
export interface OperatorRules<Attributes> {
  readonly name: string;
  /** Shape of the result, for free dimensions and at run time for known ones. @throws GraphError when the inputs do not fit. */
  shape(attributes: Attributes, ...inputs: Shape[]): Dimension[];
  /** Plain reference: the values of the result, whose shape is given. */
  forward(shape: readonly number[], attributes: Attributes, ...inputs: Tensor[]): Float32Array;
  /** One rule for each input, in order; undefined, or an end of the list, where there is none. */
  readonly gradients: readonly (GradientRule<Attributes> | undefined)[];
  /** Adds ONNX nodes for this operator and answers the name of the result. */
  toOnnx(onnx: OnnxBuilder, node: OperatorNode<Attributes>, ...inputs: string[]): string;
}

/** An entry of the operator table. */
export class Operator<Attributes extends object = object> {
  readonly name: string;

  constructor(private readonly rules: OperatorRules<Attributes>) {
    this.name = rules.name;
  }

  /** A node of this operator. @throws GraphError when the shapes of the inputs do not fit. */
  node(inputs: readonly Node[], attributes: Attributes): Node {
    const shape = this.rules.shape(attributes, ...inputs.map((input) => input.shape));
    return { operator: this.name, inputs, shape, attributes: Object.fromEntries(Object.entries(attributes)) };
  }

  /** The shape that `node` has for inputs of these shapes. @throws GraphError when they do not fit. */
  shape(node: Node, inputs: readonly (readonly number[])[]): number[] {
    return this.rules.shape(this.own(node).attributes, ...inputs).map((size) => {
      if (size === FREE || size < 1) throw new GraphError(`${this.name}: inputs ${inputs.map(formatShape).join(" and ")} leave nothing`);
      return size;
    });
  }

  /** The value of `node` by plain loops. @throws GraphError when the shapes do not fit. */
  forward(node: Node, inputs: readonly Tensor[]): Tensor {
    const shape = this.shape(
      node,
      inputs.map((input) => input.shape),
    );
    return { shape, data: this.rules.forward(shape, this.own(node).attributes, ...inputs) };
  }

  /** The gradient towards `node.inputs[index]`, or null where there is none to give. @throws GraphError without a rule. */
  gradient(node: Node, index: number, upstream: Node): Node | null {
    const rule = this.rules.gradients[index];
    if (rule === undefined) throw new GraphError(`${this.name} has no gradient rule towards its input ${index}`);
    return rule === noGradient ? null : rule(upstream, this.own(node), ...node.inputs);
  }

  /** Whether a gradient may be asked towards input `index`: a rule, its written absence, or nothing. */
  gradientKind(index: number): "rule" | typeof noGradient | "missing" {
    const rule = this.rules.gradients[index];
    if (rule === undefined) return "missing";
    return rule === noGradient ? noGradient : "rule";
  }

  toOnnx(onnx: OnnxBuilder, node: Node, inputs: readonly string[]): string {
    return this.rules.toOnnx(onnx, this.own(node), ...inputs);
  }

  private own(node: Node): OperatorNode<Attributes> {
    if (node.operator !== this.name) throw new GraphError(`a ${node.operator} node was handed to ${this.name}`);
    return node as OperatorNode<Attributes>;
  }
}
