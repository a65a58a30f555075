/**
 * One step's loss and gradient at 256 x 256 with each feature network, in turns: VGG-19, and the vgg19-lite of this
 * repository beside it (content conv4_2, Gram matrices at five layers to conv5_1, total variation).
 *
 *   npx tsx bench/feature-networks.ts
 */
import { readFile } from "node:fs/promises";
import { loadavg } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import type { FeatureNetwork } from "../server/art/feature-network.js";
import { openFeatureNetwork } from "../server/art/feature-network.js";
import { OnnxEngine } from "../server/engine/onnx.js";
import { parseCard } from "../server/models/card.js";
import { openScene } from "./loss-gradient-scene.js";
import { modelMirror } from "./mirror.js";
import { recordResults } from "./results.js";

const size = 256;
const threads = 2;
const rounds = 11;
/** Evaluations of vgg19-lite in its turn: about as long as one of VGG-19. */
const inTurn = 10;
/** The least that is wanted: so many times VGG-19's steps in a second. */
const target = 10;
/** Between turns, so that nobody's waiting threads spin in another's time, ms. */
const rest = 500;

const engine = new OnnxEngine(threads);
const times: Record<"vgg19" | "lite", number[]> = { vgg19: [], lite: [] };
try {
  const full = await openScene(engine, await networkIn(join(modelMirror(), "vgg19")), size);
  const lite = await openScene(engine, await networkIn(join(import.meta.dirname, "../models/bundled/vgg19-lite")), size);
  await full();
  await lite();
  console.log(`load before: ${loadavg().map((load) => load.toFixed(2))}`);
  for (let round = 0; round < rounds; round++) {
    await pause(rest);
    times.vgg19.push((await full()).ms);
    await pause(rest);
    for (let i = 0; i < inTurn; i++) times.lite.push((await lite()).ms);
  }
  console.log(`load after: ${loadavg().map((load) => load.toFixed(2))}`);
} finally {
  await engine.close();
}

for (const [name, list] of Object.entries(times)) {
  console.log(`${name}: median ${median(list).toFixed(1)} ms, best ${Math.min(...list).toFixed(1)} ms of ${list.length}`);
}
const ratio = median(times.vgg19) / median(times.lite);
console.log(
  `vgg19-lite takes ${(1000 / median(times.lite)).toFixed(1)} steps a second, ${ratio.toFixed(1)} times as many (wanted: ${target})`,
);
await recordResults(
  [
    {
      bench: `vgg19-lite loss and gradient, ${size} px`,
      peer: "VGG-19 on the same engine",
      ratio: Number(ratio.toPrecision(3)),
      value: Number(median(times.lite).toPrecision(3)),
      unit: "ms",
    },
  ],
  "npx tsx bench/feature-networks.ts",
);

async function networkIn(folder: string): Promise<FeatureNetwork> {
  const card = parseCard(await readFile(join(folder, "card.json"), "utf8"));
  if (!card?.architecture) throw new Error(`${folder} holds no feature network.`);
  return openFeatureNetwork({ id: card.id, path: join(folder, card.file), architecture: card.architecture });
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] as number;
}
