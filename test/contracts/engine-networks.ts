import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openFeatureNetwork } from "../../server/art/feature-network.js";
import { inputNames, objectiveGraph, targetGraph } from "../../server/art/losses.js";
import { asTensor, evaluate, objectiveLayers, openObjective, type Targets } from "../../server/art/objective.js";
import { decodePlanes } from "../../server/art/picture.js";
import { createStyleTransferFactory } from "../../server/art/style-transfer.js";
import type { EncodedPicture, StyleTransferWork } from "../../server/art/work.js";
import type { Engine } from "../../server/engine/engine.js";
import { OnnxEngine } from "../../server/engine/onnx.js";
import { parseCard } from "../../server/models/card.js";
import { defaultSettings } from "../../server/records/settings.js";
import { modelMirror } from "../helpers/server.js";
import { noteSkipped } from "../helpers/skipped.js";
import { paintAll } from "./painter.js";

const root = join(import.meta.dirname, "..", "..");
const size = 64;
const mirror = modelMirror();

/** `paintingSize` in px: on one thread, VGG-19 takes a second for a step at 64 px. */
const networks = [
  { model: "vgg19-lite", folder: join(root, "models", "bundled", "vgg19-lite"), paintingSize: 64 },
  { model: "vgg19", folder: mirror === null ? null : join(mirror, "vgg19"), paintingSize: 32 },
];

/**
 * Style transfer with the real feature networks: every engine agrees with the onnx engine. On an engine of which
 * `isSlow` is true, paintings are small, and VGG-19 computes one loss alone.
 */
export function engineNetworksContract(name: string, open: () => Promise<Engine>, { isSlow = false } = {}): void {
  describe.each(networks)(`engine ${name} with $model`, ({ model, folder, paintingSize }) => {
    const isAvailable = folder !== null && existsSync(join(folder, "card.json"));
    if (isSlow && model === "vgg19") noteSkipped(`The engine ${name} would take minutes for 20 steps with VGG-19 here.`);
    if (!isAvailable) noteSkipped(`There is no mirror with ${model}; set ATELIER_MODEL_MIRROR to one.`);
    const onnx = new OnnxEngine();
    let engine: Engine;
    beforeAll(async () => {
      engine = await open();
    });
    afterAll(async () => {
      await engine.close();
      await onnx.close();
    });

    it.skipIf(!isAvailable)("computes the loss of style transfer and its gradient", async () => {
      const work = await workWith(model, folder!, { size, steps: 1 });
      const { settings } = work;
      const network = await openFeatureNetwork(work.network);
      const layers = objectiveLayers(settings);
      const measured = targetGraph(network, layers);
      const program = await onnx.open(measured, { outputs: Object.keys(measured) });
      const targets: Record<string, Targets> = {};
      for (const [kind, { bytes }] of Object.entries({ content: work.content, style: work.styles[0]! })) {
        targets[kind] = await program.run({ [inputNames.image]: asTensor(await decodePlanes(bytes, { longerSide: size })) });
      }
      const merged = Object.fromEntries([
        ...layers.content.map((layer) => [inputNames.contentTarget(layer), targets.content![inputNames.contentTarget(layer)]!]),
        ...layers.style.map((layer) => [inputNames.styleTarget(layer), targets.style![inputNames.styleTarget(layer)]!]),
      ]);
      const content = await decodePlanes(work.content.bytes, { longerSide: size });
      const picture = { ...content, data: content.data.map((value) => 1 - value) };
      const graph = objectiveGraph(network, layers);
      const [ours, expected] = await Promise.all(
        [engine, onnx].map(async (one) => evaluate(await openObjective(one, graph), picture, merged, settings)),
      );
      expect(Math.abs(ours!.losses.total / expected!.losses.total - 1)).toBeLessThan(1e-3);
      const apart = ours!.gradient.map((value, i) => value - expected!.gradient[i]!);
      expect(length(apart) / length(expected!.gradient)).toBeLessThan(1e-3);
    });

    it.skipIf(!isAvailable || (isSlow && model === "vgg19"))("paints what onnx paints in 20 steps of Adam", async () => {
      const work = await workWith(model, folder!, { size: isSlow ? 32 : paintingSize, steps: 20 });
      const [ours, expected] = [engine, onnx].map((one) => paintAll(createStyleTransferFactory(one), work));
      const [first, last] = [(await expected!)[0]!.planes.data, (await expected!).at(-1)!.planes.data];
      expect(difference(first, last)).toBeGreaterThan(10 / 255);
      expect(difference((await ours!).at(-1)!.planes.data, last)).toBeLessThan(1 / 255);
    });
  });
}

async function sample(file: string): Promise<EncodedPicture> {
  const bytes = await readFile(join(root, "web", "public", "samples", file));
  return { bytes, digest: createHash("sha256").update(bytes).digest("hex") };
}

async function workWith(model: string, folder: string, { size, steps }: { size: number; steps: number }): Promise<StyleTransferWork> {
  const { file, sha256, architecture } = parseCard(await readFile(join(folder, "card.json"), "utf8"))!;
  const settings = { ...defaultSettings({ size }), steps, model };
  return {
    kind: "STYLE_TRANSFER",
    settings,
    content: await sample("alps.jpg"),
    styles: [{ ...(await sample("night-wind.jpg")), weight: 1 }],
    changes: [],
    network: { id: model, path: join(folder, file), sha256, architecture: architecture! },
  };
}

/** Euclidean length. */
function length(values: Float32Array): number {
  return Math.sqrt(values.reduce((sum, value) => sum + value * value, 0));
}

/** Mean absolute difference. */
function difference(a: Float32Array, b: Float32Array): number {
  return a.reduce((sum, value, i) => sum + Math.abs(value - b[i]!), 0) / a.length;
}
