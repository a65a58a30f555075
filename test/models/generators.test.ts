import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { ReferenceEngine } from "../../server/engine/reference.js";
import { FREE, input } from "../../server/graph/node.js";
import type { GeneratorArchitecture } from "../../server/models/architecture.js";
import { generatorFromWeights, openGenerator } from "../../server/models/generators.js";
import { writeSafetensors } from "../helpers/safetensors.js";
import { tinyGenerators, tinyWeights, translateWaves } from "../helpers/tiny-generators.js";

const all = tinyGenerators.map(([, one]) => one);
const residual = all.find(({ architecture }) => architecture.family === "resnet-generator")!;
const unet = all.find(({ architecture }) => architecture.family === "unet-generator")!;
const picture = input("x", [1, 3, FREE, FREE]);

// The contract suite of the engines compares every form with PyTorch.
describe("generators", () => {
  it("trained with dropout have the second convolution of a residual block one place later", async () => {
    const { architecture } = residual;
    if (architecture.family !== "resnet-generator") throw new Error("not a residual generator");
    const weights = tinyWeights(residual);
    const later = (name: string) => name.replace(/conv_block\.([56])\./, (_, place) => `conv_block.${Number(place) + 1}.`);
    const moved = Object.fromEntries(Object.entries(weights).map(([name, value]) => [later(name), value]));
    expect(Object.keys(moved)).not.toEqual(Object.keys(weights));
    const engine = new ReferenceEngine();
    expect(await translateWaves(engine, moved, { ...architecture, dropout: true })).toEqual(
      await translateWaves(engine, weights, architecture),
    );
  });

  it("open from a file, and refuse one whose weights do not fit their architecture", async () => {
    const folder = await mkdtemp(join(tmpdir(), "atelier-generator-"));
    try {
      const path = join(folder, "tiny.safetensors");
      await writeSafetensors(path, tinyWeights(unet));
      const { architecture } = unet;
      expect((await openGenerator(path, architecture)).apply(picture).shape).toEqual([1, 3, FREE, FREE]);
      const unusable = (name: string) => ({ code: "UNAVAILABLE", message: expect.stringContaining(name) });
      await expect(openGenerator(path, residual.architecture)).rejects.toMatchObject(unusable("model.1.weight"));
      const wider = { ...architecture, channels: [4, 6, 12] } as GeneratorArchitecture;
      await expect(openGenerator(path, wider)).rejects.toMatchObject(unusable("model.model.1.model.3.model.1.weight"));
      await expect(openGenerator(join(folder, "none.safetensors"), architecture)).rejects.toMatchObject({ code: "UNAVAILABLE" });
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  it("need a bias wherever no batch norm cancels it", () => {
    const { "model.1.bias": _, ...without } = tinyWeights(residual);
    expect(() => generatorFromWeights(without, residual.architecture).apply(picture)).toThrow(/model\.1\.bias/);
  });
});
