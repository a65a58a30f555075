import { AtelierError } from "../errors.js";
import { type Graph, GraphError, inOrder, type Node } from "../graph/node.js";
import { gradients } from "../graph/reverse.js";
import { fits, formatShape } from "../graph/shape.js";
import { shapesOf } from "../graph/sizes.js";
import { elementCount, type Tensor } from "../graph/tensor.js";
import { gradientName, type ProgramRequest } from "./engine.js";

/** What every adapter starts from: the values asked for, gradients included, and what they depend on. */
export interface CompiledGraph {
  /** Outputs and gradients under the names that `Program.run` answers. */
  readonly outputs: Graph;
  /** Every node in an order of computation. */
  readonly nodes: readonly Node[];
  readonly inputs: ReadonlyMap<string, Node>;
}

/** @throws GraphError when an output or input is not in the graph, two inputs share a name, or an operator lacks a rule. */
export function compile(graph: Graph, { outputs, gradient }: ProgramRequest): CompiledGraph {
  const wanted: Record<string, Node> = {};
  for (const name of outputs) wanted[name] = outputNamed(graph, name);
  if (gradient !== undefined) {
    const of = outputNamed(graph, gradient.of);
    const inputs = inputsByName(inOrder([of]));
    const towards = gradient.towards.map((name) => {
      const node = inputs.get(name);
      if (node === undefined) throw new GraphError(`"${gradient.of}" does not depend on an input "${name}"`);
      return node;
    });
    gradients(of, towards).forEach((node, index) => {
      wanted[gradientName(gradient.towards[index] as string)] = node;
    });
  }
  const nodes = inOrder(Object.values(wanted));
  return { outputs: wanted, nodes, inputs: inputsByName(nodes) };
}

function outputNamed(graph: Graph, name: string): Node {
  const node = Object.hasOwn(graph, name) ? graph[name] : undefined;
  if (node === undefined) throw new GraphError(`the graph has no output "${name}"`);
  return node;
}

function inputsByName(nodes: readonly Node[]): Map<string, Node> {
  const inputs = new Map<string, Node>();
  for (const node of nodes) {
    if (node.operator !== "input") continue;
    const name = String(node.attributes.name);
    if (inputs.has(name)) throw new GraphError(`two inputs are named "${name}"`);
    inputs.set(name, node);
  }
  return inputs;
}

/**
 * The given values of exactly the inputs that `compiled` depends on.
 * @throws AtelierError BAD_INPUT naming the input that is missing or whose shape does not fit, or the operator that
 * cannot take these sizes.
 */
export function checkedInputs(compiled: CompiledGraph, given: Readonly<Record<string, Tensor>>): Record<string, Tensor> {
  const values: Record<string, Tensor> = {};
  for (const [name, node] of compiled.inputs) {
    const value = Object.hasOwn(given, name) ? given[name] : undefined;
    const expected = formatShape(node.shape);
    if (value === undefined) throw refusal(`Input ${name} of shape ${expected} is missing.`, name, expected);
    const fit = value.shape.length === node.shape.length && node.shape.every((size, axis) => fits(size, value.shape[axis] as number));
    const positive = value.shape.every((size) => Number.isInteger(size) && size > 0);
    if (!fit || !positive) throw refusal(`Input ${name} must have shape ${expected}, not ${formatShape(value.shape)}.`, name, expected);
    if (value.data.length !== elementCount(value.shape)) {
      throw refusal(`Input ${name} of shape ${formatShape(value.shape)} holds ${value.data.length} values.`, name, expected);
    }
    values[name] = value;
  }
  checkSizes(compiled, values);
  return values;
}

function refusal(message: string, name: string, limit: string): AtelierError {
  return new AtelierError("BAD_INPUT", message, { field: `inputs.${name}`, limit });
}

/** Runs every shape rule on the sizes at hand, so that no device is given what leaves nothing to compute. */
function checkSizes(compiled: CompiledGraph, values: Readonly<Record<string, Tensor>>): void {
  try {
    shapesOf(compiled.nodes, values);
  } catch (error) {
    if (!(error instanceof GraphError)) throw error;
    throw new AtelierError("BAD_INPUT", `The inputs' sizes do not fit: ${error.message}.`, { field: "inputs" }, { cause: error });
  }
}
