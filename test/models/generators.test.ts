import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import type { GeneratorArchitecture } from "../../models/architecture.js";
import { generatorOf, openGenerator } from "../../models/generators.js";
import type { Weights } from "../../models/weights.js";
import { OnnxEngine } from "../../server/engine/onnx.js";
import { FREE, input, type Tensor, tensor } from "../../server/graph/index.js";
import { writeSafetensors } from "../helpers/safetensors.js";

/** Made by generators.py beside it, with PyTorch: names and shapes of tensors, and numbers of the result. */
interface Fixture {
  height: number;
  width: number;
  references: {
    architecture: GeneratorArchitecture;
    tensors: Record<string, number[]>;
    mean: number;
    energy: number;
    every: number;
    some: number[];
  }[];
}

const fixture: Fixture = JSON.parse(await readFile(join(import.meta.dirname, "fixtures", "generators.json"), "utf8"));
const engine = new OnnxEngine(1);
afterAll(() => engine.close());

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

function waves(): Tensor {
  const { height, width } = fixture;
  const data = Float32Array.from({ length: 3 * height * width }, (_, i) => {
    const [channel, row, column] = [Math.floor(i / (height * width)), Math.floor(i / width) % height, i % width];
    return Math.sin(channel + 0.3 * row + 0.17 * column);
  });
  return tensor([1, 3, height, width], data);
}

const weightsOf = (tensors: Record<string, number[]>): Weights =>
  Object.fromEntries(Object.entries(tensors).map(([name, shape]) => [name, values(name, shape)]));

async function translate(weights: Weights, architecture: GeneratorArchitecture): Promise<Tensor> {
  const result = generatorOf(weights, architecture).apply(input("x", [1, 3, FREE, FREE]));
  const program = await engine.open({ result }, { outputs: ["result"] });
  const { result: picture } = await program.run({ x: waves() });
  await program.close();
  return picture!;
}

const titleOf = ({ family, ...form }: GeneratorArchitecture) => `${family} ${Object.values(form).join(" ")}`;
const [residual] = fixture.references;
const unet = fixture.references.find(({ architecture }) => architecture.family === "unet-generator")!;

describe("generators", () => {
  it.each(fixture.references.map((one) => [titleOf(one.architecture), one] as const))(
    "compute what PyTorch computes: %s",
    async (_, one) => {
      const { shape, data } = await translate(weightsOf(one.tensors), one.architecture);
      expect(shape).toEqual([1, 3, fixture.height, fixture.width]);
      const error = (found: number, expected: number) => Math.abs(found - expected) / one.energy;
      expect(error(data.reduce((sum, value) => sum + value, 0) / data.length, one.mean)).toBeLessThan(1e-4);
      expect(error(Math.sqrt(data.reduce((sum, value) => sum + value * value, 0) / data.length), one.energy)).toBeLessThan(1e-4);
      one.some.forEach((value, place) => {
        expect(error(data[place * one.every]!, value), `number ${place}`).toBeLessThan(1e-4);
      });
    },
  );

  it("with dropout at training have the second convolution of a residual block one place later", async () => {
    const { architecture, tensors } = residual!;
    if (architecture.family !== "resnet-generator") throw new Error("the first reference is a residual generator");
    const weights = weightsOf(tensors);
    const moved = Object.fromEntries(
      Object.entries(weights).map(([name, value]) => [name.replace("conv_block.5.", "conv_block.6."), value]),
    );
    expect(Object.keys(moved)).not.toEqual(Object.keys(weights));
    expect(await translate(moved, { ...architecture, dropout: true })).toEqual(await translate(weights, architecture));
  });

  it("open from a file, and refuse one whose weights are not of their architecture", async () => {
    const folder = await mkdtemp(join(tmpdir(), "atelier-generator-"));
    try {
      const path = join(folder, "tiny.safetensors");
      await writeSafetensors(path, weightsOf(unet.tensors));
      const { architecture } = unet;
      const picture = (await openGenerator(path, architecture)).apply(input("x", [1, 3, FREE, FREE]));
      expect(picture.shape).toEqual([1, 3, FREE, FREE]);
      const unusable = (name: string) => ({ code: "UNAVAILABLE", message: expect.stringContaining(name) });
      await expect(openGenerator(path, residual!.architecture)).rejects.toMatchObject(unusable("model.1.weight"));
      const wider = { ...architecture, channels: [4, 6, 12] } as GeneratorArchitecture;
      await expect(openGenerator(path, wider)).rejects.toMatchObject(unusable("model.model.1.model.3.model.1.weight"));
      await expect(openGenerator(join(folder, "none.safetensors"), architecture)).rejects.toMatchObject({ code: "UNAVAILABLE" });
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  it("need a bias wherever no batch norm takes it away again", () => {
    const { "model.1.bias": _, ...without } = weightsOf(residual!.tensors);
    expect(() => generatorOf(without, residual!.architecture).apply(input("x", [1, 3, FREE, FREE]))).toThrow(/model\.1\.bias/);
  });
});
