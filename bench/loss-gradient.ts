/**
 * One VGG-19 loss and gradient at 256 x 256 (content conv4_2, Gram matrices at five layers to conv5_1, total variation)
 * on the onnx engine, in turns with Debian's PyTorch and with TensorFlow.js's WebAssembly backend.
 *
 *   npx tsx bench/loss-gradient.ts
 */
import { loadavg } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { openFeatureNetwork } from "../server/art/feature-network.js";
import { OnnxEngine } from "../server/engine/onnx.js";
import { type Evaluated, openScene } from "./loss-gradient-scene.js";
import { Peer } from "./peer.js";
import { type Measurement, recordResults } from "./results.js";
import { requireModelMirror } from "./sample-work.js";
import { median, rounded } from "./statistics.js";

const size = 256;
const threads = 2;
const rounds = 11;
/** TensorFlow.js, which is slow, runs only in every fifth round. */
const tfjsEvery = 5;
/** Pause between turns, ms, so that waiting threads of one do not spin during the turn of another. */
const rest = 1500;

const weightsFile = join(requireModelMirror(), "vgg19", "vgg19.safetensors");
const settings = [weightsFile, String(size), String(threads)];
const peers = {
  torch: new Peer(process.env.PYTHON ?? "/usr/bin/python3", [join(import.meta.dirname, "loss_gradient_torch.py"), ...settings]),
  tfjs: new Peer(process.execPath, ["--import", "tsx", join(import.meta.dirname, "loss-gradient-tfjs.ts"), ...settings]),
};
const engine = new OnnxEngine(threads);
const times: Record<"onnx" | "torch" | "tfjs", number[]> = { onnx: [], torch: [], tfjs: [] };
const names: Record<keyof typeof peers, string> = { torch: "", tfjs: "" };
try {
  const evaluate = await openScene(
    engine,
    await openFeatureNetwork({ id: "vgg19", path: weightsFile, architecture: { family: "vgg19" } }),
    size,
  );
  for (const key of ["torch", "tfjs"] as const) {
    const { name, detail } = await peers[key].reply<{ name: string; detail: string }>();
    names[key] = name;
    console.log(`${name}: ${detail}`);
  }
  console.log(`Atelier: ${engine.description}`);
  console.log(`load before: ${loadavg().map((load) => load.toFixed(2))}`);
  const expected = await evaluate();
  for (const key of ["torch", "tfjs"] as const) requireAgreement(names[key], await peers[key].run<Evaluated>(), expected);
  for (let round = 0; round < rounds; round++) {
    await pause(rest);
    times.onnx.push((await evaluate()).ms);
    await pause(rest);
    times.torch.push((await peers.torch.run<Evaluated>()).ms);
    if (round % tfjsEvery > 0) continue;
    await pause(rest);
    times.tfjs.push((await peers.tfjs.run<Evaluated>()).ms);
  }
  console.log(`load after: ${loadavg().map((load) => load.toFixed(2))}`);
} finally {
  peers.torch.close();
  peers.tfjs.close();
  await engine.close();
}

for (const [name, list] of Object.entries(times)) {
  console.log(`${name}: median ${median(list).toFixed(0)} ms, best ${Math.min(...list).toFixed(0)} ms of ${list.length}`);
}
const bench = `VGG-19 loss and gradient, ${size} px`;
const ours = median(times.onnx);
const comparedWith = (peer: string, list: readonly number[]): Measurement => ({
  bench,
  peer,
  ratio: rounded(median(list) / ours),
  value: Math.round(ours),
  unit: "ms",
});
await recordResults([comparedWith(names.torch, times.torch), comparedWith(names.tfjs, times.tfjs)], "npx tsx bench/loss-gradient.ts");

/** @throws Error unless a peer computes the same loss and gradient to 1 %. */
function requireAgreement(name: string, { total, norm }: Evaluated, expected: Evaluated): void {
  const apart = Math.max(Math.abs(total / expected.total - 1), Math.abs(norm / expected.norm - 1));
  if (!(apart < 0.01)) throw new Error(`${name} computes loss ${total} and gradient ${norm}, not ${expected.total} and ${expected.norm}`);
}
