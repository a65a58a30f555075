import { type Dimension, FREE, GraphError, type Node, type Shape } from "./node.js";
import type { OnnxBuilder } from "./onnx/builder.js";
import { formatShape } from "./shape.js";
import type { Tensor } from "./tensor.js";

/**
 * Marks an input that affects the result only through its shape or through a step function, so that the derivative is
 * zero wherever it exists. Differentiating through an input with neither a rule nor this mark throws.
 */
export const noGradient = "no gradient";

/** A node with the attributes of its operator. */
export interface OperatorNode<Attributes> extends Node {
  readonly attributes: Readonly<Record<string, unknown>> & Readonly<Attributes>;
}

/** Builds the gradient towards one input, in its shape, from the gradient towards the result. */
export type GradientRule<Attributes> = typeof noGradient | ((upstream: Node, node: OperatorNode<Attributes>, ...inputs: Node[]) => Node);

/** The full definition of one operator. */
export interface OperatorRules<Attributes> {
  readonly name: string;
  /** Shape of the result. At run time, no dimension is free. @throws GraphError when the inputs do not fit. */
  shape(attributes: Attributes, ...inputs: Shape[]): Dimension[];
  /** Plain reference: computes the values of the result, whose shape is given. */
  forward(shape: readonly number[], attributes: Attributes, ...inputs: Tensor[]): Float32Array;
  /** One rule for each input, in order. An undefined or omitted rule means that none exists. */
  readonly gradients: readonly (GradientRule<Attributes> | undefined)[];
  /** Adds the operator's ONNX nodes and returns the name of the result. */
  toOnnx(onnx: OnnxBuilder, node: OperatorNode<Attributes>, ...inputs: string[]): string;
  /** Places of constants that `toOnnx` writes in another form; it gets no name for them. */
  rewritten?(attributes: Attributes): readonly number[];
}

/** An entry of the operator table. */
export class Operator<Attributes extends object = object> {
  readonly name: string;

  constructor(private readonly rules: OperatorRules<Attributes>) {
    this.name = rules.name;
  }

  /** Makes a node of this operator. @throws GraphError when the shapes of the inputs do not fit. */
  node(inputs: readonly Node[], attributes: Attributes): Node {
    const shape = this.rules.shape(attributes, ...inputs.map((input) => input.shape));
    return { operator: this.name, inputs, shape, attributes: Object.fromEntries(Object.entries(attributes)) };
  }

  /** The shape of `node` when its inputs have these shapes. @throws GraphError when they do not fit. */
  shape(node: Node, inputs: readonly (readonly number[])[]): number[] {
    return this.rules.shape(this.own(node).attributes, ...inputs).map((size) => {
      if (size === FREE || size < 1) throw new GraphError(`${this.name}: inputs ${inputs.map(formatShape).join(" and ")} leave nothing`);
      return size;
    });
  }

  /** Computes `node` with plain loops. @throws GraphError when the shapes do not fit. */
  forward(node: Node, inputs: readonly Tensor[]): Tensor {
    const shape = this.shape(
      node,
      inputs.map((input) => input.shape),
    );
    return { shape, data: this.rules.forward(shape, this.own(node).attributes, ...inputs) };
  }

  /** The gradient towards `node.inputs[index]`, or null for `noGradient`. @throws GraphError when there is no rule. */
  gradient(node: Node, index: number, upstream: Node): Node | null {
    const rule = this.rules.gradients[index];
    if (rule === undefined) throw new GraphError(`${this.name} has no gradient rule towards its input ${index}`);
    return rule === noGradient ? null : rule(upstream, this.own(node), ...node.inputs);
  }

  /** Whether input `index` has a gradient rule, the mark `noGradient`, or neither. */
  gradientKind(index: number): "rule" | typeof noGradient | "missing" {
    const rule = this.rules.gradients[index];
    if (rule === undefined) return "missing";
    return rule === noGradient ? noGradient : "rule";
  }

  toOnnx(onnx: OnnxBuilder, node: Node, inputs: readonly string[]): string {
    return this.rules.toOnnx(onnx, this.own(node), ...inputs);
  }

  /** Places of the constants that `toOnnx` writes itself. */
  rewritten(node: Node): readonly number[] {
    return this.rules.rewritten?.(this.own(node).attributes) ?? [];
  }

  private own(node: Node): OperatorNode<Attributes> {
    if (node.operator !== this.name) throw new GraphError(`a ${node.operator} node was handed to ${this.name}`);
    return node as OperatorNode<Attributes>;
  }
}
