/**
 * Loss and gradient of one step at 256 x 256 px with VGG-19 and with the vgg19-lite of this repository, in turns
 * (content conv4_2, Gram matrices at five layers to conv5_1, total variation).
 *
 *   npx tsx bench/feature-networks.ts
 */
import { loadavg } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { openFeatureNetwork } from "../server/art/feature-network.js";
import { OnnxEngine } from "../server/engine/onnx.js";
import { onCpu } from "../server/engine/onnx-providers.js";
import { openScene } from "./loss-gradient-scene.js";
import { recordResults } from "./results.js";
import { featureNetworkIn, requireModelMirror } from "./sample-work.js";
import { median, rounded } from "./statistics.js";

const size = 256;
const threads = 2;
const rounds = 11;
/** Evaluations of vgg19-lite in its turn: about as long as one of VGG-19. */
const inTurn = 10;
/** Least ratio of its steps a second to those of VGG-19. */
const target = 10;
/** Pause between turns, ms, so that waiting threads of one do not spin during the turn of another. */
const rest = 500;

const engine = new OnnxEngine(onCpu(threads));
const times: Record<"vgg19" | "lite", number[]> = { vgg19: [], lite: [] };
try {
  const full = await openScene(engine, await openFeatureNetwork(await featureNetworkIn(join(requireModelMirror(), "vgg19"))), size);
  const lite = await openScene(
    engine,
    await openFeatureNetwork(await featureNetworkIn(join(import.meta.dirname, "../models/bundled/vgg19-lite"))),
    size,
  );
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
      ratio: rounded(ratio),
      value: rounded(median(times.lite)),
      unit: "ms",
    },
  ],
  "npx tsx bench/feature-networks.ts",
);
