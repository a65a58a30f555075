import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect } from "vitest";
import type { Engine } from "../../server/engine/engine.js";
import { FREE, input } from "../../server/graph/node.js";
import { type Tensor, tensor } from "../../server/graph/tensor.js";
import type { GeneratorArchitecture } from "../../server/models/architecture.js";
import { generatorFromWeights } from "../../server/models/generators.js";
import type { NetworkWeights } from "../../server/models/safetensors.js";

/** A tiny generator with PyTorch's result: names and shapes of its tensors, and some numbers of the result. */
export interface TinyGenerator {
  architecture: GeneratorArchitecture;
  tensors: Record<string, number[]>;
  mean: number;
  /** Root mean square. */
  energy: number;
  /** Distance between the values in `some`, which begin with the first of the result. */
  every: number;
  some: number[];
}

/** Made by test/models/fixtures/generators.py. */
interface Fixture {
  height: number;
  width: number;
  references: TinyGenerator[];
}

const file = join(import.meta.dirname, "..", "models", "fixtures", "generators.json");
const { height, width, references }: Fixture = JSON.parse(await readFile(file, "utf8"));

/** Generators of every form, each with a name for the test. */
export const tinyGenerators = references.map((one) => {
  const { family, ...form } = one.architecture;
  return [`${family} ${Object.values(form).join(" ")}`, one] as const;
});

/** The formula of generators.py. */
function values(name: string, shape: readonly number[]): Tensor {
  const phase = 0.731 * [...name].reduce((sum, character) => sum + character.charCodeAt(0), 0);
  const aroundOne = shape.length === 1 && (name.endsWith("running_var") || name.endsWith(".weight"));
  const count = shape.reduce((product, size) => product * size, 1);
  const waves = Array.from({ length: count }, (_, i) => Math.sin(12.9898 * (i + 1) + phase));
  return tensor(
    shape,
    waves.map((wave) => (aroundOne ? 1 + 0.5 * wave : 0.15 * wave)),
  );
}

/** The picture of generators.py. */
function waves(): Tensor {
  const data = Float32Array.from({ length: 3 * height * width }, (_, i) => {
    const [channel, row, column] = [Math.floor(i / (height * width)), Math.floor(i / width) % height, i % width];
    return Math.sin(channel + 0.3 * row + 0.17 * column);
  });
  return tensor([1, 3, height, width], data);
}

export function tinyWeights({ tensors }: TinyGenerator): NetworkWeights {
  return Object.fromEntries(Object.entries(tensors).map(([name, shape]) => [name, values(name, shape)]));
}

/** A generator's result for the picture of generators.py. */
export async function translateWaves(engine: Engine, weights: NetworkWeights, architecture: GeneratorArchitecture): Promise<Tensor> {
  const result = generatorFromWeights(weights, architecture).apply(input("x", [1, 3, FREE, FREE]));
  const program = await engine.open({ result }, { outputs: ["result"] });
  const { result: picture } = await program.run({ x: waves() });
  await program.close();
  return picture!;
}

/** Runs a tiny generator on `engine` and compares with PyTorch. */
export async function expectLikePyTorch(engine: Engine, one: TinyGenerator): Promise<void> {
  const { shape, data } = await translateWaves(engine, tinyWeights(one), one.architecture);
  expect(shape).toEqual([1, 3, height, width]);
  const error = (found: number, expected: number) => Math.abs(found - expected) / one.energy;
  expect(error(data.reduce((sum, value) => sum + value, 0) / data.length, one.mean)).toBeLessThan(1e-4);
  expect(error(Math.sqrt(data.reduce((sum, value) => sum + value * value, 0) / data.length), one.energy)).toBeLessThan(1e-4);
  one.some.forEach((value, place) => {
    expect(error(data[place * one.every]!, value), `number ${place}`).toBeLessThan(1e-4);
  });
}
