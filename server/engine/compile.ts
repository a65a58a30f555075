import { AtelierError, badInput } from "../errors.js";
import { type Graph, GraphError, inOrder, type Node } from "../graph/node.js";
import { gradients } from "../graph/reverse.js";
import { fits, formatShape } from "../graph/shape.js";
import { shapesOf } from "../graph/sizes.js";
import { elementCount, type Tensor } from "../graph/tensor.js";
import { gradientName, type ProgramRequest } from "./engine.js";

/**
 * A request resolved against its graph, from which every adapter starts: the wanted values and all that they depend on.
 */
export interface CompiledGraph {
  /** Outputs and gradients under the names that `Program.run` returns. */
  readonly outputs: Graph;
  /** Every node, each after its inputs. */
  readonly nodes: readonly Node[];
  /** Input nodes by name. */
  readonly inputs: ReadonlyMap<string, Node>;
}

/**
 * Resolves `request` against `graph`, and builds the gradients that it asks for by reverse mode.
 * @throws GraphError when an output or input is not in the graph, two inputs share a name, the output to differentiate
 * is no scalar, or an operator lacks a gradient rule.
 */
export function compile(graph: Graph, { outputs, gradient }: ProgramRequest): CompiledGraph {
  const wanted: Record<string, Node> = {};
  for (const name of outputs) wanted[name] = outputNamed(graph, name);
  if (gradient !== undefined) {
    const loss = outputNamed(graph, gradient.of);
    const inputs = inputsByName(inOrder([loss]));
    const towards = gradient.towards.map((name) => {
      const node = inputs.get(name);
      if (node === undefined) throw new GraphError(`"${gradient.of}" does not depend on an input "${name}"`);
      return node;
    });
    gradients(loss, towards).forEach((node, index) => {
      wanted[gradientName(gradient.towards[index]!)] = node;
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
 * Returns the given values of exactly the inputs that `compiled` depends on.
 * @throws AtelierError BAD_INPUT that names the input that is missing or does not fit, or the operator that does not
 * accept these sizes.
 */
export function checkedInputs(compiled: CompiledGraph, given: Readonly<Record<string, Tensor>>): Record<string, Tensor> {
  const values: Record<string, Tensor> = {};
  for (const [name, node] of compiled.inputs) {
    const value = Object.hasOwn(given, name) ? given[name] : undefined;
    const field = `inputs.${name}`;
    const expected = formatShape(node.shape);
    if (value === undefined) throw badInput(field, `Input ${name} of shape ${expected} is missing.`, expected);
    const fit = value.shape.length === node.shape.length && node.shape.every((size, axis) => fits(size, value.shape[axis]!));
    const positive = value.shape.every((size) => Number.isInteger(size) && size > 0);
    if (!fit || !positive) throw badInput(field, `Input ${name} must have shape ${expected}, not ${formatShape(value.shape)}.`, expected);
    if (value.data.length !== elementCount(value.shape)) {
      throw badInput(field, `Input ${name} of shape ${formatShape(value.shape)} holds ${value.data.length} values.`, expected);
    }
    values[name] = value;
  }
  checkSizes(compiled, values);
  return values;
}

/** Runs every shape rule on the given sizes, so that no device receives sizes that leave nothing to compute. */
function checkSizes(compiled: CompiledGraph, values: Readonly<Record<string, Tensor>>): void {
  try {
    shapesOf(compiled.nodes, values);
  } catch (error) {
    if (!(error instanceof GraphError)) throw error;
    throw new AtelierError("BAD_INPUT", `The inputs' sizes do not fit: ${error.message}.`, { field: "inputs" }, { cause: error });
  }
}
