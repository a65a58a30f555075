import type { Tensor } from "./tensor.js";

/** A size that is known when the graph is built, or `FREE`: known only when it runs, as height and width are. */
export type Dimension = number | typeof FREE;
export const FREE = "free";

export type Shape = readonly Dimension[];

/**
 * One value of a graph. Nodes point at the nodes that they are computed from, so a graph is everything reachable from
 * its outputs. `operator` names an entry of the operator table (`operators/index.ts`); `attributes` are constants of
 * that operator.
 */
export interface Node {
  readonly operator: string;
  readonly inputs: readonly Node[];
  readonly shape: Shape;
  readonly attributes: Readonly<Record<string, unknown>>;
}

/** The outputs of a graph by name. All other nodes are reached from them. */
export type Graph = Readonly<Record<string, Node>>;

/** A value given to every run. Names are unique within a graph. */
export function input(name: string, shape: Shape): Node {
  return { operator: "input", inputs: [], shape, attributes: { name } };
}

/** A constant that belongs to the graph, such as the weights of a network. It never receives a gradient. */
export function constant(value: Tensor): Node {
  return { operator: "constant", inputs: [], shape: value.shape, attributes: { value } };
}

/** Every node that `outputs` depend on, including themselves. Each node comes after its inputs. */
export function inOrder(outputs: Iterable<Node>): Node[] {
  const ordered = new Set<Node>();
  const open = new Set<Node>();
  const stack = [...outputs].reverse();
  while (stack.length > 0) {
    const node = stack.at(-1) as Node;
    if (ordered.has(node)) stack.pop();
    else if (open.has(node)) {
      stack.pop();
      ordered.add(node);
    } else {
      open.add(node);
      for (const input of [...node.inputs].reverse()) if (!ordered.has(input)) stack.push(input);
    }
  }
  return [...ordered];
}

/** Thrown when a graph cannot be built: shapes do not fit, or an operator lacks a rule. */
export class GraphError extends Error {
  override readonly name = "GraphError";
}
