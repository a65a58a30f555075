/**
 * One VGG-19 loss and gradient (content conv4_2, Gram matrices at five layers to conv5_1, total variation) at several
 * sizes on the onnx engine, in turns with direct convolutions on the same engine, with PyTorch 2 in its fastest form,
 * and at the smallest size with TensorFlow.js's WebAssembly backend.
 *
 *   PYTHON=... npx tsx bench/loss-gradient.ts [sizes, px ...]
 */
import { loadavg } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { openFeatureNetwork } from "../server/art/feature-network.js";
import { OnnxEngine } from "../server/engine/onnx.js";
import { onCpu } from "../server/engine/onnx-providers.js";
import { type Evaluated, openScene } from "./loss-gradient-scene.js";
import { Peer } from "./peer.js";
import { pythonWithTorch } from "./python.js";
import { type Measurement, recordResults } from "./results.js";
import { requireModelMirror } from "./sample-work.js";
import { median, rounded } from "./statistics.js";

const sizes = process.argv.length > 2 ? process.argv.slice(2).map(Number) : [256, 512, 1024];
const threads = 2;
/** TensorFlow.js, which is slow, runs at this size alone and only in every fifth round. */
const [tfjsSize, tfjsEvery] = [256, 5];
/** Pause between turns, ms, so that waiting threads of one do not spin during the turn of another. */
const rest = 1000;

/** One of the compared programs: how it evaluates once, and its times, ms. */
interface Program {
  name: string;
  evaluate: () => Promise<Evaluated>;
  every: number;
  times: number[];
}

const python = pythonWithTorch();
const weightsFile = join(requireModelMirror(), "vgg19", "vgg19.safetensors");
const network = await openFeatureNetwork({ id: "vgg19", path: weightsFile, architecture: { family: "vgg19" } });
const measurements: Measurement[] = [];
for (const size of sizes) measurements.push(...(await compared(size)));
await recordResults(measurements, "npx tsx bench/loss-gradient.ts");

async function compared(size: number): Promise<Measurement[]> {
  const engine = new OnnxEngine(onCpu(threads));
  const peers = [new Peer(python, [join(import.meta.dirname, "loss_gradient_torch.py"), weightsFile, String(size), String(threads)])];
  const tfjs = join(import.meta.dirname, "loss-gradient-tfjs.ts");
  if (size === tfjsSize) peers.push(new Peer(process.execPath, ["--import", "tsx", tfjs, weightsFile, String(size), String(threads)]));
  try {
    const ours = program("Atelier", await openScene(engine, network, size, "WINOGRAD_4"));
    const programs = [ours, program("direct convolutions on the same engine", await openScene(engine, network, size, "DIRECT"))];
    for (const [index, peer] of peers.entries()) {
      const { name, detail } = await peer.reply<{ name: string; detail: string }>();
      console.log(`${name}: ${detail}`);
      programs.push(program(name, () => peer.run<Evaluated>(), index === 1 ? tfjsEvery : 1));
    }
    console.log(`Atelier: ${engine.description}; load ${loadavg().map((load) => load.toFixed(2))}`);
    const expected = await ours.evaluate();
    for (const { name, evaluate } of programs) requireAgreement(name, await evaluate(), expected);
    const rounds = size > 512 ? 5 : 11;
    for (let round = 0; round < rounds; round++) {
      for (const { evaluate, every, times } of programs) {
        if (round % every > 0) continue;
        await pause(rest);
        times.push((await evaluate()).ms);
      }
    }
    for (const { name, times } of programs) {
      console.log(
        `${size} px, ${name}: median ${median(times).toFixed(0)} ms, best ${Math.min(...times).toFixed(0)} ms of ${times.length}`,
      );
    }
    const value = Math.round(median(ours.times));
    return programs.slice(1).map(({ name: peer, times }) => ({
      bench: `VGG-19 loss and gradient, ${size} px`,
      peer,
      ratio: rounded(median(times) / value),
      value,
      unit: "ms",
    }));
  } finally {
    for (const peer of peers) peer.close();
    await engine.close();
  }
}

function program(name: string, evaluate: Program["evaluate"], every = 1): Program {
  return { name, evaluate, every, times: [] };
}

/** @throws Error unless a program computes the same loss and gradient to 1 %. */
function requireAgreement(name: string, { total, norm }: Evaluated, expected: Evaluated): void {
  const apart = Math.max(Math.abs(total / expected.total - 1), Math.abs(norm / expected.norm - 1));
  if (!(apart < 0.01)) throw new Error(`${name} computes loss ${total} and gradient ${norm}, not ${expected.total} and ${expected.norm}`);
}
