import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createPainters } from "../../server/art/painters.js";
import { toInterleaved } from "../../server/art/picture.js";
import { seededRandom } from "../../server/art/starting-picture.js";
import type { StyleTransferWork, TranslationWork } from "../../server/art/work.js";
import type { Engine } from "../../server/engine/engine.js";
import { OnnxEngine } from "../../server/engine/onnx.js";
import { onCpu } from "../../server/engine/onnx-providers.js";
import { ReferenceEngine } from "../../server/engine/reference.js";
import { tensor } from "../../server/graph/tensor.js";
import { type GeneratorArchitecture, minimumSide, sideMultiple } from "../../server/models/architecture.js";
import { defaultSettings } from "../../server/records/settings.js";
import { paintAll } from "../contracts/painter.js";
import { pngPicture } from "../helpers/pictures.js";
import { writeSafetensors } from "../helpers/safetensors.js";
import { translationWork } from "../helpers/tiny-generator.js";

/** Generators of a few channels: their architectures, and the names and shapes of their tensors. */
const { references }: { references: { architecture: GeneratorArchitecture; tensors: Record<string, number[]> }[] } = JSON.parse(
  await readFile(join(import.meta.dirname, "../models/fixtures/generators.json"), "utf8"),
);

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "atelier-painters-"));
});

afterAll(() => rm(folder, { recursive: true }));

/** A file of random weights; scales and variances of norms lie around 1. */
async function weights(tensors: Record<string, number[]>): Promise<string> {
  const random = seededRandom(5);
  const noise = (name: string, shape: number[]) => {
    const ofNorm = shape.length === 1 && (name.endsWith("running_var") || name.endsWith(".weight"));
    const [centre, spread] = ofNorm ? [1, 0.4] : [0, 1.2];
    const data = Array.from({ length: shape.reduce((a, b) => a * b, 1) }, () => centre + spread * (random() - 0.5));
    return tensor(shape, data);
  };
  const path = join(folder, `${Object.keys(tensors).length}-${Object.values(tensors).flat().join("")}.safetensors`.slice(-80));
  await writeSafetensors(path, Object.fromEntries(Object.entries(tensors).map(([name, shape]) => [name, noise(name, shape)])));
  return path;
}

async function work(index: number): Promise<TranslationWork> {
  const { architecture, tensors } = references[index]!;
  const tiny = await translationWork({ width: 30, height: 19 });
  const form = { ...tiny.generator.form, sizeMultiple: sideMultiple(architecture), minSize: minimumSide(architecture) };
  return { ...tiny, generator: { id: architecture.family, path: await weights(tensors), sha256: "0".repeat(64), architecture, form } };
}

async function translated(engine: Engine, index: number): Promise<Uint8Array> {
  const paintings = await paintAll(createPainters(engine), await work(index));
  await engine.close();
  expect(paintings).toMatchObject([{ step: 0, last: true, losses: null, planes: { width: 30, height: 19 } }]);
  return toInterleaved(paintings[0]!.planes);
}

describe("painters of every kind", () => {
  test.each(references.map(({ architecture }, index) => [index, JSON.stringify(architecture)] as const))(
    "translate with the same weights alike on every engine: %i %s",
    async (index) => {
      const [onnx, reference] = [await translated(new OnnxEngine(onCpu(1)), index), await translated(new ReferenceEngine(), index)];
      expect(onnx.some((value, i) => value !== onnx[i % 3])).toBe(true);
      onnx.forEach((value, i) => {
        if (Math.abs(value - reference[i]!) > 1)
          throw new Error(`Value ${i} is ${value} on ONNX Runtime and ${reference[i]} on the reference.`);
      });
    },
  );

  test("refuse a style transfer whose network is missing, without naming its path", async () => {
    const picture = await pngPicture(20, 20);
    const transfer: StyleTransferWork = {
      kind: "STYLE_TRANSFER",
      settings: {
        ...defaultSettings(),
        alpha: 1,
        beta: 1,
        gamma: 1,
        learningRate: 0.1,
        steps: 1,
        size: 32,
        scales: 1,
        seed: 0,
        model: "vgg19",
      },
      content: picture,
      styles: [{ ...picture, weight: 1 }],
      changes: [],
      network: { id: "vgg19", path: join(folder, "nothing"), sha256: "0".repeat(64), architecture: { family: "vgg19" } },
    };
    const factory = createPainters(new ReferenceEngine());
    await expect(factory.open(transfer, null)).rejects.toMatchObject({ code: "UNAVAILABLE", message: expect.not.stringContaining(folder) });
    await factory.close();
  });

  test("weights of another architecture are refused", async () => {
    const [first, second] = [await work(0), await work(references.length - 1)];
    const wrong = { ...first, generator: { ...first.generator, path: second.generator.path } };
    const factory = createPainters(new ReferenceEngine());
    await expect(factory.open(wrong, null)).rejects.toMatchObject({ code: "UNAVAILABLE" });
    await factory.close();
  });
});
