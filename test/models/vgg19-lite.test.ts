import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { openFeatureNetwork } from "../../server/art/feature-network.js";
import { imageInput } from "../../server/art/losses.js";
import { asTensor } from "../../server/art/objective.js";
import { decodePlanes } from "../../server/art/picture.js";
import { OnnxEngine } from "../../server/engine/onnx.js";
import { onCpu } from "../../server/engine/onnx-providers.js";
import { GraphError } from "../../server/graph/node.js";
import type { Vgg19LiteArchitecture } from "../../server/models/architecture.js";
import { parseCard } from "../../server/models/card.js";
import { featureLayers } from "../../server/models/model.js";
import type { NetworkWeights } from "../../server/models/safetensors.js";
import { vgg19Lite } from "../../server/models/vgg19-lite.js";
import { randomTensor } from "../helpers/random.js";
import { writeSafetensors } from "../helpers/safetensors.js";

const root = join(import.meta.dirname, "..", "..");
const bundled = join(root, "models", "bundled", "vgg19-lite");
const engine = new OnnxEngine(onCpu(2));
afterAll(() => engine.close());

/**
 * Shape, mean, root mean square, value [0, 5, h / 2, w / 2] and first value of the last channel for the sample alps.jpg
 * at 128 px, computed in double precision by PyTorch 1.13 with the class Student of models/training/vgg19_lite.py.
 */
const known: Record<string, [number[], number, number, number, number]> = {
  conv1_1: [[1, 16, 89, 128], -0.023141, 0.134512, 0.0137376, -0.00327038],
  conv2_1: [[1, 32, 44, 64], -0.0111405, 0.0853607, 0.0136146, 0.0066868],
  conv3_1: [[1, 64, 22, 32], 0.000290512, 0.0482883, -0.0619089, -0.0189456],
  conv4_1: [[1, 128, 11, 16], 0.00365228, 0.0406029, -0.133551, 0.00126615],
  conv4_2: [[1, 128, 11, 16], 0.000415794, 0.0370803, -0.0333035, 0.00385775],
  conv5_1: [[1, 384, 5, 8], -0.000827108, 0.0215068, -0.112586, 0.000543246],
};

async function openBundled() {
  const card = parseCard(await readFile(join(bundled, "card.json"), "utf8"));
  return openFeatureNetwork({ id: "vgg19-lite", path: join(bundled, card!.file), architecture: card!.architecture! });
}

describe("the bundled vgg19-lite", () => {
  it("computes what PyTorch computes with the same weights", async () => {
    const network = await openBundled();
    expect(network.layers).toEqual(Object.keys(known));
    const graph = network.features(imageInput(), network.layers);
    const program = await engine.open(graph, { outputs: Object.keys(graph) });
    const picture = await decodePlanes(await readFile(join(root, "web/public/samples/alps.jpg")), { longerSide: 128 });
    const results = await program.run({ image: asTensor(picture) });
    for (const [layer, [shape, mean, energy, middle, last]] of Object.entries(known)) {
      const { shape: found, data } = results[layer]!;
      expect(found).toEqual(shape);
      const [, channels = 0, height = 0, width = 0] = shape;
      const area = height * width;
      const measured = [
        data.reduce((sum, value) => sum + value, 0) / data.length,
        Math.sqrt(data.reduce((sum, value) => sum + value * value, 0) / data.length),
        data[5 * area + Math.floor(height / 2) * width + Math.floor(width / 2)]!,
        data[(channels - 1) * area]!,
      ];
      [mean, energy, middle, last].forEach((value, i) => {
        expect(Math.abs(measured[i]! - value) / energy, `${layer}, number ${i}`).toBeLessThan(1e-3);
      });
    }
    await program.close();
  });

  it("has a value at each layer for pictures of the layer's minimum side, and refuses smaller pictures", async () => {
    const network = await openBundled();
    for (const layer of network.layers) {
      const program = await engine.open(network.features(imageInput(), [layer]), { outputs: [layer] });
      const side = network.minimumSide(layer);
      const shape = (await program.run({ image: randomTensor([1, 3, side, side], 1) }))[layer]!.shape;
      expect(Math.min(...shape)).toBeGreaterThan(0);
      await expect(program.run({ image: randomTensor([1, 3, side - 1, side], 1) })).rejects.toMatchObject({ code: "BAD_INPUT" });
      await program.close();
    }
  });
});

const tiny: Vgg19LiteArchitecture = {
  family: "vgg19-lite",
  blocks: [
    { padding: "reflect", convolutions: [{ channels: 4, tap: { layer: "conv1_1", components: 2 } }] },
    {
      padding: "zeros",
      convolutions: [
        { channels: 5, tap: null },
        { channels: 6, tap: { layer: "conv2_1", components: 3 } },
      ],
    },
  ],
};
const tinyWeights: NetworkWeights = {
  "block1_conv1.weight": randomTensor([4, 3, 3, 3], 1),
  "block1_conv1.bias": randomTensor([4], 2),
  "conv1_1.weight": randomTensor([2, 4, 1, 1], 3),
  "conv1_1.bias": randomTensor([2], 4),
  "block2_conv1.weight": randomTensor([5, 4, 3, 3], 5),
  "block2_conv1.bias": randomTensor([5], 6),
  "block2_conv2.weight": randomTensor([6, 5, 3, 3], 7),
  "block2_conv2.bias": randomTensor([6], 8),
  "conv2_1.weight": randomTensor([3, 6, 1, 1], 9),
  "conv2_1.bias": randomTensor([3], 10),
};

describe("vgg19-lite as a graph", () => {
  it("has the layers that its taps are named after", () => {
    expect(featureLayers(tiny)).toEqual([
      { name: "conv1_1", minimumSide: 2 },
      { name: "conv2_1", minimumSide: 2 },
    ]);
  });

  it("is built no deeper than requested, and only with the requested taps", () => {
    const { "block1_conv1.weight": weight, "block1_conv1.bias": bias, "conv1_1.weight": tap, "conv1_1.bias": shift } = tinyWeights;
    const shallow = { "block1_conv1.weight": weight!, "block1_conv1.bias": bias!, "conv1_1.weight": tap!, "conv1_1.bias": shift! };
    expect(vgg19Lite(imageInput(), shallow, tiny, ["conv1_1"]).conv1_1?.shape).toEqual([1, 2, "free", "free"]);
    const { "conv1_1.weight": _, ...without } = tinyWeights;
    expect(Object.keys(vgg19Lite(imageInput(), without, tiny, ["conv2_1"]))).toEqual(["conv2_1"]);
  });

  it("refuses a layer without a tap", () => {
    expect(() => vgg19Lite(imageInput(), tinyWeights, tiny, ["conv3_1"])).toThrow(GraphError);
  });

  it("refuses a file whose weights do not fit its architecture when it is opened", async () => {
    const folder = await mkdtemp(join(tmpdir(), "atelier-lite-"));
    try {
      const path = join(folder, "tiny.safetensors");
      await writeSafetensors(path, tinyWeights);
      const open = (architecture: Vgg19LiteArchitecture) => openFeatureNetwork({ id: "tiny", path, architecture });
      await expect(open(tiny)).resolves.toMatchObject({ layers: ["conv1_1", "conv2_1"] });
      const [first, second] = tiny.blocks;
      const unusable = { code: "UNAVAILABLE", message: expect.stringContaining("block2_conv1.weight") };
      const wider = {
        ...first!,
        convolutions: [
          { ...first!.convolutions[0]!, channels: 4 },
          { channels: 8, tap: null },
        ],
      };
      await expect(open({ ...tiny, blocks: [wider, second!] })).rejects.toMatchObject({ code: "UNAVAILABLE" });
      const { "block2_conv1.weight": _, ...without } = tinyWeights;
      await writeSafetensors(path, without);
      await expect(open(tiny)).rejects.toMatchObject(unusable);
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});
