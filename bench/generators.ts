/**
 * Pictures of 256 x 256 px that each bundled generator translates in a second on the onnx engine, from planes to planes,
 * without decoding and encoding.
 *
 *   npx tsx bench/generators.ts
 */
import { join } from "node:path";
import { performance } from "node:perf_hooks";
import { setTimeout as pause } from "node:timers/promises";
import { type GeneratorProgram, openGeneratorProgram } from "../server/art/generator.js";
import { OnnxEngine } from "../server/engine/onnx.js";
import { tensor } from "../server/graph/tensor.js";
import { openGenerator } from "../server/models/generators.js";
import { openRegistry } from "../server/models/registry.js";
import { rootFolder } from "../server/paths.js";
import { atLeast, recordResults } from "./results.js";
import { median } from "./statistics.js";

const size = 256;
const [rounds, picturesPerRound] = [9, 10];
const leastPerSecond = 25;
/** Pause between turns, ms, so that waiting threads of one do not spin during the turn of another. */
const rest = 300;

const engine = new OnnxEngine();
const registry = await openRegistry({ bundledDir: join(rootFolder, "models", "bundled"), mirrorDir: null });
const picture = tensor(
  [1, 3, size, size],
  Array.from({ length: 3 * size * size }, (_, i) => Math.sin(i / 37)),
);
const programs = new Map<string, GeneratorProgram>();
for (const { id, task } of await registry.list()) {
  if (task !== "TRANSLATION") continue;
  const { card, path } = await registry.file(id);
  if (!card.translation) throw new Error(`The card of ${id} does not say how pictures go in.`);
  const file = { id, path, architecture: card.architecture, form: card.translation };
  programs.set(id, await openGeneratorProgram(engine, file, openGenerator));
}

const times = new Map([...programs.keys()].map((id): [string, number[]] => [id, []]));
for (let round = 0; round <= rounds; round++) {
  for (const [id, program] of programs) {
    const began = performance.now();
    for (let i = 0; i < picturesPerRound; i++) await program.run(picture);
    // The first round warms up.
    if (round > 0) times.get(id)?.push((performance.now() - began) / picturesPerRound);
    await pause(rest);
  }
}
await engine.close();

const measurements = [...times].map(([id, samples]) => atLeast(`${id}, ${size} px`, 1000 / median(samples), leastPerSecond, "pictures/s"));
await recordResults(measurements, "npx tsx bench/generators.ts");
