import { constant, GraphError, inOrder, type Node } from "./node.js";
import { add } from "./operators/arithmetic.js";
import { operatorNamed } from "./operators/index.js";
import { formatShape } from "./shape.js";
import { scalar } from "./tensor.js";

/**
 * Reverse-mode differentiation of a scalar towards the nodes `towards`. Builds nodes only on the paths between them:
 * none for weights, none for branches that do not depend on `towards`.
 * @returns one node for each of `towards`, in the same order and of the same shape.
 * @throws GraphError when `of` is not a scalar, an operator on a path lacks a rule, or no gradient reaches a node.
 */
export function gradients(of: Node, towards: readonly Node[]): Node[] {
  if (of.shape.length > 0) throw new GraphError(`only a scalar can be differentiated, not a value of shape ${formatShape(of.shape)}`);
  const order = inOrder([of]);
  const wanted = new Set(towards);
  const dependent = new Set<Node>();
  for (const node of order) if (wanted.has(node) || node.inputs.some((input) => dependent.has(input))) dependent.add(node);

  const upstream = new Map<Node, Node>([[of, constant(scalar(1))]]);
  for (const node of order.reverse()) {
    const gradient = upstream.get(node);
    if (gradient === undefined || wanted.has(node)) continue;
    node.inputs.forEach((input, index) => {
      if (!dependent.has(input)) return;
      const part = operatorNamed(node.operator).gradient(node, index, gradient);
      if (part === null) return;
      const sum = upstream.get(input);
      upstream.set(input, sum === undefined ? part : add(sum, part));
    });
  }
  return towards.map((input) => {
    const gradient = upstream.get(input);
    if (gradient === undefined) throw new GraphError(`the scalar has no gradient towards ${describe(input)}`);
    return gradient;
  });
}

function describe(node: Node): string {
  return node.operator === "input" ? `input "${String(node.attributes.name)}"` : `a ${node.operator}`;
}
