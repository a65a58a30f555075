/**
 * One run of photo-to-painting at 256 x 256 px on the onnx engine, in turns with PyTorch 2 in its fastest form, and with
 * TensorFlow.js's WebAssembly backend.
 *
 *   PYTHON=... npx tsx bench/live-peers.ts
 */
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { OnnxEngine } from "../server/engine/onnx.js";
import { onCpu } from "../server/engine/onnx-providers.js";
import { rootFolder } from "../server/paths.js";
import { comparedGenerator, type GeneratorRun, openLiveScene } from "./live-scene.js";
import { Peer } from "./peer.js";
import { pythonWithTorch } from "./python.js";
import { recordResults } from "./results.js";
import { median, rounded } from "./statistics.js";

const [size, threads, rounds] = [256, 2, 11];
/** Pause between turns, ms, so that waiting threads of one do not spin during the turn of another. */
const rest = 500;

const python = pythonWithTorch();
const peers = [new Peer(process.execPath, ["--import", "tsx", join(import.meta.dirname, "live-peers-tfjs.ts"), String(size)])];
const settings = [join(rootFolder, "models", "bundled", comparedGenerator), size, threads].map(String);
peers.push(new Peer(python, [join(import.meta.dirname, "live_peers_torch.py"), ...settings]));
const engine = new OnnxEngine(onCpu(threads));
const ours: number[] = [];
const theirs: { name: string; times: number[] }[] = [];
try {
  const run = await openLiveScene(engine, size);
  const { power } = await run();
  for (const peer of peers) {
    const { name, detail } = await peer.reply<{ name: string; detail: string }>();
    console.log(`${name}: ${detail}`);
    requireAgreement(name, await peer.run<GeneratorRun>(), power);
    theirs.push({ name, times: [] });
  }
  for (let round = 0; round < rounds; round++) {
    await pause(rest);
    // The first run after a rest wakes the cores.
    await run();
    ours.push((await run()).ms);
    for (const [index, peer] of peers.entries()) {
      await pause(rest);
      await peer.run();
      theirs[index]?.times.push((await peer.run<GeneratorRun>()).ms);
    }
  }
} finally {
  for (const peer of peers) peer.close();
  await engine.close();
}

const value = rounded(median(ours));
for (const { name, times } of theirs)
  console.log(`${name}: median ${median(times).toFixed(0)} ms, best ${Math.min(...times).toFixed(0)} ms`);
await recordResults(
  theirs.map(({ name: peer, times }) => ({
    bench: `one run of ${comparedGenerator}, ${size} px`,
    peer,
    ratio: rounded(median(times) / value),
    value,
    unit: "ms",
  })),
  "npx tsx bench/live-peers.ts",
);

/** @throws Error unless a peer computes the same picture, by the mean square of its values to 1 %. */
function requireAgreement(name: string, { power }: GeneratorRun, expected: number): void {
  if (!(Math.abs(power / expected - 1) < 0.01)) throw new Error(`${name} returns a mean square of ${power}, not ${expected}`);
}
