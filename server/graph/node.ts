import type { Tensor } from "./tensor.js";

/** A size known when the graph is built, or `FREE`: known only when it runs (height, width and what follows from them). */
export type Dimension = number | typeof FREE;
export const FREE = "free";

/**
 * One value of a graph. Nodes point at what they are computed from, so a graph is whatever can be reached from its
 * outputs. `operator` names an entry of the operator table (`operators/index.ts`); `attributes` are that operator's
 * constants.
 */
export interface Node {
  readonly operator: string;
  readonly inputs: readonly Node[];
  readonly shape: readonly Dimension[];
  readonly attributes: Readonly<Record<string, unknown>>;
}

/** Named outputs; everything else is reached from them. */
export type Graph = Readonly<Record<string, Node>>;

/** A value given at every run. Names are unique within a graph. */
export function input(name: string, shape: readonly Dimension[]): Node {
  return { operator: "input", inputs: [], shape, attributes: { name } };
}

/** A constant that belongs to the graph, such as a network's weights. Gradients never flow towards it. */
export function constant(value: Tensor): Node {
  return { operator: "constant", inputs: [], shape: value.shape, attributes: { value } };
}

/** The graph cannot be built: shapes do not fit, or an operator lacks a rule. */
export class GraphError extends Error {
  override readonly name = "GraphError";
}
