/**
 * Time of a 3 x 3 convolution of the kinds that VGG-19 has, computed directly and by Winograd's method, in turns; and the
 * rate of arithmetic that the processor reaches in a large matrix product, with which plots compare. A rate counts the
 * multiplications and additions of the direct method.
 *
 *   npx tsx bench/convolutions.ts
 */
import { setTimeout as pause } from "node:timers/promises";
import type { Program } from "../server/engine/engine.js";
import { OnnxEngine } from "../server/engine/onnx.js";
import { onCpu } from "../server/engine/onnx-providers.js";
import { constant, FREE, input, type Node } from "../server/graph/node.js";
import { conv2d, matmul, reduceSum, relu } from "../server/graph/operators/index.js";
import { type Tensor, tensor } from "../server/graph/tensor.js";
import { type Measurement, recordResults } from "./results.js";
import { median, rounded } from "./statistics.js";

/** Layers in a row, so that the time of a run is theirs. */
const DEPTH = 4;
const rounds = 9;
/** Pause between turns, ms, so that waiting threads of one do not spin during the turn of another. */
const rest = 100;
/** Channels, and height and width of VGG-19's layers at 256 and 512 px. */
const layers = [
  [64, 256],
  [128, 128],
  [128, 256],
  [256, 64],
  [256, 128],
  [512, 16],
  [512, 32],
  [512, 64],
] as const;

const engine = new OnnxEngine(onCpu(2, () => true));
const peak = await rateOfProduct(1024);
console.log(`a product of two matrices of 1,024 x 1,024 values: ${peak.toFixed(0)} GFLOP/s`);
const measurements: Measurement[] = [
  { bench: "rate of a large matrix product", peer: "none", ratio: null, value: rounded(peak), unit: "GFLOP/s" },
];
for (const [channels, side] of layers) {
  const flop = 2 * 9 * channels ** 2 * side ** 2;
  const image = waves([1, channels, side, side]);
  const graph = { sum: reduceSum(chain(channels), "all") };
  const times = await inTurns(image, {
    direct: await engine.open(graph, { outputs: ["sum"] }),
    winograd: await engine.open(graph, { outputs: ["sum"], convolutions: "WINOGRAD_4" }),
  });
  const [direct, winograd] = [times.direct! / DEPTH, times.winograd! / DEPTH];
  const rates = [direct, winograd].map((ms) => `${ms.toFixed(1)} ms, ${(flop / ms / 1e6).toFixed(0)} GFLOP/s`);
  console.log(`${channels} channels, ${side} x ${side}: direct ${rates[0]}; Winograd ${rates[1]}`);
  const bench = `convolution of ${channels} channels, ${side} x ${side} values, by Winograd's method`;
  measurements.push({ bench, peer: "direct convolution", ratio: rounded(direct / winograd), value: rounded(winograd), unit: "ms" });
}
await engine.close();
await recordResults(measurements, "npx tsx bench/convolutions.ts");

/** Runs the programs in turns; the median time of each, ms. */
async function inTurns(image: Tensor, programs: Record<string, Program>): Promise<Record<string, number>> {
  const samples = Object.keys(programs).map((name): [string, number[]] => [name, []]);
  for (let round = 0; round <= rounds; round++) {
    for (const [name, times] of samples) {
      await pause(rest);
      const began = performance.now();
      await programs[name]!.run({ image });
      // The first round warms up.
      if (round > 0) times.push(performance.now() - began);
    }
  }
  for (const program of Object.values(programs)) await program.close();
  return Object.fromEntries(samples.map(([name, times]) => [name, median(times)]));
}

function chain(channels: number): Node {
  const weight = constant(waves([channels, channels, 3, 3], 1 / channels));
  const bias = constant(waves([channels]));
  let value = input("image", [1, channels, FREE, FREE]);
  for (let layer = 0; layer < DEPTH; layer++) value = relu(conv2d(value, weight, bias, { padding: 1 }));
  return value;
}

/** GFLOP/s of a product of two square matrices. */
async function rateOfProduct(side: number): Promise<number> {
  const product = reduceSum(matmul(input("a", [side, side]), constant(waves([side, side]))), "all");
  const program = await engine.open({ product }, { outputs: ["product"] });
  const times: number[] = [];
  const a = waves([side, side]);
  for (let round = 0; round < 20; round++) {
    const began = performance.now();
    await program.run({ a });
    times.push(performance.now() - began);
  }
  await program.close();
  return (2 * side ** 3) / Math.min(...times) / 1e6;
}

function waves(shape: readonly number[], scale = 1): Tensor {
  const count = shape.reduce((product, size) => product * size, 1);
  return tensor(
    shape,
    Float32Array.from({ length: count }, (_, i) => scale * Math.sin(i / 37)),
  );
}
