import { expect } from "vitest";
import type { Engine } from "../../server/engine/engine.js";
import { gradientName } from "../../server/engine/engine.js";
import { ReferenceEngine } from "../../server/engine/reference.js";
import { constant, FREE, GraphError, input, type Node } from "../../server/graph/node.js";
import { mul, operatorNamed, reduceSum } from "../../server/graph/operators/index.js";
import type { Tensor } from "../../server/graph/tensor.js";
import { randomTensor } from "./random.js";

/** One way to use an operator: its inputs, and the node that it makes of them. */
export interface OperatorCase {
  title: string;
  inputs: readonly Tensor[];
  build(...inputs: Node[]): Node;
  /** Indices of inputs that are constants of the graph, as weights are. */
  constants?: readonly number[];
  /** Indices of inputs whose height and width are known when the graph is built. */
  known?: readonly number[];
}

/** Step of central differences; inputs of operators with kinks keep farther from them. */
const step = 1 / 128;

/**
 * Checks an operator of the table with free height and width: its forward on `engine` against the plain reference, and
 * each gradient on `engine` against central differences of the reference. Where the table says "no gradient" or has no
 * rule, requesting a gradient must fail.
 */
export async function checkOperator(
  name: string,
  engine: Engine,
  { inputs, build, constants = [], known = [] }: OperatorCase,
): Promise<void> {
  const nodes = inputs.map((value, index) => {
    if (constants.includes(index)) return constant(value);
    return input(`x${index}`, known.includes(index) ? value.shape : freed(value.shape));
  });
  const node = build(...nodes);
  expect(node.operator).toBe(name);
  const given = Object.fromEntries(inputs.map((value, index) => [`x${index}`, value]));
  const reference = await runOnce(new ReferenceEngine(), node, given);
  expectClose(await runOnce(engine, node, given), reference, `${name} forward`);

  const weights = randomTensor(reference.shape, 99);
  const scalarNode = reduceSum(mul(node, constant(weights)), "all");
  for (const [index, value] of inputs.entries()) {
    if (constants.includes(index)) continue;
    const request = { outputs: [], gradient: { of: "sum", towards: [`x${index}`] } };
    if (operatorNamed(name).gradientKind(index) !== "rule") {
      await expect(engine.open({ sum: scalarNode }, request)).rejects.toThrow(GraphError);
      continue;
    }
    const program = await engine.open({ sum: scalarNode }, request);
    const { [gradientName(`x${index}`)]: gradient } = await program.run(given);
    await program.close();
    const expected = centralDifferences(node, inputs, index, weights);
    expectClose(gradient as Tensor, { shape: value.shape, data: expected }, `${name} gradient towards input ${index}`, 2e-3);
  }
}

function freed(shape: readonly number[]): (number | typeof FREE)[] {
  return shape.map((size, axis) => (shape.length === 4 && axis >= 2 && size > 1 ? FREE : size));
}

async function runOnce(engine: Engine, node: Node, given: Record<string, Tensor>): Promise<Tensor> {
  const program = await engine.open({ value: node }, { outputs: ["value"] });
  try {
    return (await program.run(given)).value as Tensor;
  } finally {
    await program.close();
  }
}

function centralDifferences(node: Node, inputs: readonly Tensor[], index: number, weights: Tensor): Float32Array {
  const operator = operatorNamed(node.operator);
  const varied = inputs[index] as Tensor;
  const weightedSum = (offset: number, value: number) => {
    const data = varied.data.slice();
    data[offset] = value;
    const result = operator.forward(
      node,
      inputs.map((other, position) => (position === index ? { shape: other.shape, data } : other)),
    );
    return result.data.reduce((sum, one, i) => sum + one * (weights.data[i] as number), 0);
  };
  return varied.data.map((value, offset) => {
    const [above, below] = [Math.fround(value + step), Math.fround(value - step)];
    return (weightedSum(offset, above) - weightedSum(offset, below)) / (above - below);
  });
}

/** Compares shapes, and values up to `tolerance` of the largest. */
export function expectClose(actual: Tensor, expected: Tensor, what: string, tolerance = 1e-5): void {
  expect(actual.shape, `shape of ${what}`).toEqual(expected.shape);
  const scale = expected.data.reduce((largest, value) => Math.max(largest, Math.abs(value)), 1e-3);
  const error = actual.data.reduce((largest, value, i) => Math.max(largest, Math.abs(value - (expected.data[i] as number))), 0);
  expect(error / scale, `relative error of ${what}`).toBeLessThan(tolerance);
}
