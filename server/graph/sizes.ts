import { type Graph, inOrder, type Node } from "./node.js";
import { operatorNamed } from "./operators/index.js";
import type { Tensor } from "./tensor.js";

/**
 * The shape of each of `nodes`, which are in order of computation, from the shapes of the inputs by name.
 * @throws GraphError when the shapes do not fit.
 */
export function shapesOf(nodes: readonly Node[], inputs: Readonly<Record<string, Pick<Tensor, "shape">>>): Map<Node, readonly number[]> {
  const shapes = new Map<Node, readonly number[]>();
  const shapeOf = (node: Node) => shapes.get(node) as readonly number[];
  for (const node of nodes) {
    if (node.operator === "input") shapes.set(node, (inputs[String(node.attributes.name)] as Tensor).shape);
    else if (node.operator === "constant") shapes.set(node, (node.attributes.value as Tensor).shape);
    else shapes.set(node, operatorNamed(node.operator).shape(node, node.inputs.map(shapeOf)));
  }
  return shapes;
}

/** The same graph without free sizes, for inputs of these shapes. @throws GraphError when the shapes do not fit. */
export function withSizes(outputs: Graph, inputs: Readonly<Record<string, Pick<Tensor, "shape">>>): Graph {
  const nodes = inOrder(Object.values(outputs));
  const shapes = shapesOf(nodes, inputs);
  const sized = new Map<Node, Node>();
  for (const node of nodes) {
    sized.set(node, {
      ...node,
      inputs: node.inputs.map((input) => sized.get(input) as Node),
      shape: shapes.get(node) as readonly number[],
    });
  }
  return Object.fromEntries(Object.entries(outputs).map(([name, node]) => [name, sized.get(node) as Node]));
}
