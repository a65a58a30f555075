import { describe, expect, test } from "vitest";
import { gramMatrix, relativeDistance, totalVariation } from "../../server/art/losses.js";
import { blendTargets } from "../../server/art/objective.js";
import { ReferenceEngine } from "../../server/engine/reference.js";
import { FREE, type Graph, input } from "../../server/graph/node.js";
import { type Tensor, tensor } from "../../server/graph/tensor.js";

async function compute(graph: Graph, inputs: Record<string, Tensor>) {
  const engine = new ReferenceEngine();
  const program = await engine.open(graph, { outputs: Object.keys(graph) });
  return program.run(inputs);
}

const features = tensor([1, 2, 2, 3], [1, 2, 3, 4, 5, 6, 1, 0, 1, 0, 1, 0]);

test("the Gram matrix is F F^T divided by the number of positions", async () => {
  const { gram } = await compute({ gram: gramMatrix(input("f", [1, 2, FREE, FREE])) }, { f: features });
  expect(gram!.shape).toEqual([2, 2]);
  expect([...gram!.data].map((value) => value * 6)).toEqual([91, 9, 9, 3].map((value) => expect.closeTo(value, 4)));
});

describe("relative distance", () => {
  const distance = async (value: number[], target: number[]) => {
    const graph = { d: relativeDistance(input("v", [2]), input("t", [2])) };
    return (await compute(graph, { v: tensor([2], value), t: tensor([2], target) })).d!.data[0];
  };

  test("is 0 at the target, and 1 where the target is entirely missing", async () => {
    expect(await distance([3, 4], [3, 4])).toBe(0);
    expect(await distance([0, 0], [3, 4])).toBeCloseTo(1, 5);
  });

  test("stays finite where the target is zero", async () => {
    expect(await distance([1, 0], [0, 0])).toSatisfy(Number.isFinite);
  });
});

test("total variation is the mean difference to the neighbour below plus that to the neighbour on the right", async () => {
  const ramp = tensor(
    [1, 3, 2, 3],
    Array.from({ length: 18 }, (_, i) => 0.1 * (i % 3) + 0.5 * (Math.floor(i / 3) % 2)),
  );
  const { tv } = await compute({ tv: totalVariation(input("x", [1, 3, FREE, FREE])) }, { x: ramp });
  expect(tv!.data[0]).toBeCloseTo(0.6, 5);
});

test("several styles are blended into the weighted mean of their Gram matrices", () => {
  const target = (value: number) => ({ "style.target.a": tensor([1], [value]) });
  const blended = blendTargets([
    { targets: target(1), weight: 1 },
    { targets: target(5), weight: 3 },
  ]);
  expect(blended["style.target.a"]!.data[0]).toBe(4);
});
