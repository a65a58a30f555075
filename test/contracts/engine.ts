import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Engine, gradientName } from "../../server/engine/engine.js";
import { AtelierError } from "../../server/errors.js";
import { constant, FREE, type Graph, GraphError, input } from "../../server/graph/node.js";
import {
  abs,
  add,
  avgPool,
  conv2d,
  forwardOperators,
  matmul,
  mul,
  reduceMean,
  reduceSum,
  relu,
  reshape,
  slice,
  sub,
  transpose,
} from "../../server/graph/operators/index.js";
import { scalar, type Tensor, tensor } from "../../server/graph/tensor.js";
import { operatorCases } from "../graph/operator-cases.js";
import { checkOperator, expectClose } from "../helpers/gradient-check.js";
import { randomTensor } from "../helpers/random.js";
import { expectLikePyTorch, tinyGenerators } from "../helpers/tiny-generators.js";

/** A convolution of a small picture with a Gram term and a smoothness term, as in style transfer. */
function smallObjective(): Graph {
  const image = input("image", [1, 3, FREE, FREE]);
  const features = relu(conv2d(image, constant(randomTensor([4, 3, 3, 3], 1)), constant(randomTensor([4], 2)), { padding: 1 }));
  const rows = reshape(avgPool(features, { size: 2 }), [4, -1]);
  const gram = matmul(rows, transpose(rows, [1, 0]));
  const distance = sub(gram, input("target", [4, 4]));
  const smoothness = reduceMean(abs(sub(slice(image, { axis: 2, start: 1 }), slice(image, { axis: 2, start: 0, end: -1 }))), "all");
  const total = add(reduceSum(mul(distance, distance), "all"), mul(input("gamma", []), smoothness));
  return { total, gram, features };
}

const request = { outputs: ["total", "gram"], gradient: { of: "total", towards: ["image"] } };
const given = (height: number, width: number) => ({
  image: randomTensor([1, 3, height, width], height * 100 + width),
  target: randomTensor([4, 4], 3),
  gamma: scalar(2),
});

/** What callers may rely on with any engine. */
export function engineContract(name: string, open: () => Promise<Engine> | Engine): void {
  describe(`engine ${name}`, () => {
    let engine: Engine;
    beforeAll(async () => {
      engine = await open();
    });
    afterAll(() => engine.close());

    it("describes itself", () => {
      expect(engine.name).not.toBe("");
      expect(engine.device).not.toBe("");
      expect(engine.description.length).toBeGreaterThan(engine.name.length);
    });

    it("computes the wanted outputs and nothing else", async () => {
      const x = input("x", [2]);
      const program = await engine.open({ double: add(x, x), square: mul(x, x) }, { outputs: ["square"] });
      const { square, ...rest } = await program.run({ x: tensor([2], [3, -4]) });
      expect(square).toEqual(tensor([2], [9, 16]));
      expect(rest).toEqual({});
      await program.close();
    });

    it("returns a gradient with the shape of its input", async () => {
      const x = input("x", [2, 2]);
      const program = await engine.open({ sum: reduceSum(mul(x, x), "all") }, { outputs: [], gradient: { of: "sum", towards: ["x"] } });
      expect(await program.run({ x: tensor([2, 2], [1, 2, -3, 0.5]) })).toEqual({ [gradientName("x")]: tensor([2, 2], [2, 4, -6, 1]) });
      await program.close();
    });

    it("returns gradients with respect to several inputs at once", async () => {
      const [a, b] = [input("a", [2]), input("b", [])];
      const program = await engine.open(
        { sum: reduceSum(mul(a, b), "all") },
        { outputs: ["sum"], gradient: { of: "sum", towards: ["a", "b"] } },
      );
      const results = await program.run({ a: tensor([2], [1, 2]), b: scalar(3) });
      expect(results).toEqual({ sum: scalar(9), [gradientName("a")]: tensor([2], [3, 3]), [gradientName("b")]: scalar(3) });
      await program.close();
    });

    it("runs one program at any height and width, odd ones too, and its gradient matches the loss", async () => {
      const program = await engine.open(smallObjective(), request);
      for (const [height, width] of [
        [8, 8],
        [7, 11],
        [2, 3],
      ] as const) {
        const inputs = given(height, width);
        const { [gradientName("image")]: gradient, gram } = await program.run(inputs);
        expect(gradient?.shape).toEqual([1, 3, height, width]);
        expect(gram?.shape).toEqual([4, 4]);
        const direction = randomTensor([1, 3, height, width], 8);
        const moved = async (step: number) => {
          const data = inputs.image.data.map((value, i) => value + step * direction.data[i]!);
          const { total } = await program.run({ ...inputs, image: { shape: inputs.image.shape, data } });
          return total!.data[0]!;
        };
        const slope = gradient!.data.reduce((sum, value, i) => sum + value * direction.data[i]!, 0);
        const difference = ((await moved(1e-3)) - (await moved(-1e-3))) / 2e-3;
        expect(Math.abs(slope - difference) / Math.abs(slope)).toBeLessThan(0.02);
      }
      await program.close();
    });

    const cases = forwardOperators.flatMap(({ name }) => (operatorCases[name] ?? []).map((one) => [name, one.title, one] as const));
    it.each(cases)("computes and differentiates %s: %s", async (operator, _, one) => {
      await checkOperator(operator, engine, one);
    });

    it("gives the same bytes for the same inputs", async () => {
      const program = await engine.open(smallObjective(), request);
      const first = await program.run(given(9, 12));
      await program.run(given(8, 8));
      expect(await program.run(given(9, 12))).toEqual(first);
      await program.close();
    });

    it("does not change earlier results when it runs again", async () => {
      const program = await engine.open(smallObjective(), request);
      const first = await program.run(given(8, 8));
      const copy = structuredClone(first);
      await program.run(given(10, 8));
      expect(first).toEqual(copy);
      await program.close();
    });

    it("accepts inputs that are views of a larger buffer", async () => {
      const x = input("x", [2]);
      const program = await engine.open({ double: add(x, x) }, { outputs: ["double"] });
      const { double } = await program.run({ x: { shape: [2], data: Float32Array.of(1, 2, 3, 4).subarray(1, 3) } });
      expectClose(double!, tensor([2], [4, 6]), "a view doubled");
      await program.close();
    });

    const refusals: [string, Record<string, Tensor>, string][] = [
      ["is missing", { target: randomTensor([4, 4], 1), gamma: scalar(1) }, "inputs.image"],
      ["has another shape", { ...given(8, 8), target: randomTensor([4, 5], 1) }, "inputs.target"],
      ["has another rank", { ...given(8, 8), gamma: tensor([1], [1]) }, "inputs.gamma"],
      ["holds too few values", { ...given(8, 8), image: { shape: [1, 3, 8, 8], data: new Float32Array(5) } }, "inputs.image"],
      ["is empty", { ...given(8, 8), image: { shape: [1, 3, 0, 8], data: new Float32Array(0) } }, "inputs.image"],
      ["is too small to pool", given(1, 8), "inputs"],
    ];
    it.each(refusals)("refuses an input that %s, and still works", async (_, inputs, field) => {
      const program = await engine.open(smallObjective(), request);
      const failure = await program.run(inputs).then(
        () => null,
        (error: unknown) => error,
      );
      expect(failure).toBeInstanceOf(AtelierError);
      expect(failure).toMatchObject({ code: "BAD_INPUT", detail: { field } });
      expect(Object.keys(await program.run(given(8, 8)))).toHaveLength(3);
      await program.close();
    });

    it.each(tinyGenerators)("computes what PyTorch computes with a generator: %s", (_, generator) => expectLikePyTorch(engine, generator));

    it("needs no input that the wanted outputs do not depend on", async () => {
      const program = await engine.open(smallObjective(), { outputs: ["features"] });
      expect((await program.run({ image: given(4, 4).image })).features?.shape).toEqual([1, 4, 4, 4]);
      await program.close();
    });

    it.each([
      ["an unknown output", { outputs: ["loss"] }],
      ["the gradient of an unknown output", { outputs: [], gradient: { of: "loss", towards: ["image"] } }],
      ["the gradient of an output that is no scalar", { outputs: [], gradient: { of: "gram", towards: ["image"] } }],
      ["a gradient towards an unknown input", { outputs: [], gradient: { of: "total", towards: ["picture"] } }],
    ])("does not open a program for %s", async (_, wanted) => {
      await expect(engine.open(smallObjective(), wanted)).rejects.toThrow(GraphError);
    });

    it("does not run a closed program", async () => {
      const program = await engine.open(smallObjective(), request);
      await program.close();
      await expect(program.run(given(8, 8))).rejects.toThrow(AtelierError);
      await program.close();
    });
  });
}
