import { type Graph, inOrder, type Node } from "./node.js";
import { operatorNamed } from "./operators/index.js";
import type { Tensor } from "./tensor.js";

/** The shape of every node of `nodes`, which stand in an order of computation, from those of the inputs by name. @throws GraphError when they do not fit. */
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

/** The same graph with no size left free: inputs of these shapes, and what follows from them. @throws GraphError when they do not fit. */
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
