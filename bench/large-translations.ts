/**
 * Memory of the device process for a large picture that is translated in tiles, with a new process for each size. Linux
 * only.
 *
 *   npx tsx bench/large-translations.ts
 */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import type { TranslationWork } from "../server/art/work.js";
import type { DeviceMessage } from "../server/device/messages.js";
import { DeviceProcess, deviceProcessDefaults } from "../server/host/device-process.js";
import { openRegistry } from "../server/models/registry.js";
import { rootFolder } from "../server/paths.js";
import { type Measurement, recordResults } from "./results.js";

const model = "photo-to-painting";
/** Longer sides, px, and memory limits, MiB: for a run of 1,024 x 1,024 px and three copies of the picture. */
const sizes = [
  { size: 1024, mostMiB: 1536 },
  { size: 2048, mostMiB: 1536 },
  { size: 4096, mostMiB: 2048 },
];

const registry = await openRegistry({ bundledDir: join(rootFolder, "models", "bundled"), mirrorDir: null });
const { card, path } = await registry.file(model);
if (!card.translation) throw new Error(`The card of ${model} does not say how pictures go in.`);
const generator = { id: model, path, sha256: card.sha256, architecture: card.architecture, form: card.translation };
const picture = await readFile(join(rootFolder, "web", "public", "samples", "alps.jpg"));

const measurements: Measurement[] = [];
for (const { size, mostMiB } of sizes) {
  const work: TranslationWork = { kind: "TRANSLATION", generator, source: { digest: "alps", bytes: picture }, size };
  const { seconds, turns, width, height, mebibytes } = await translate(work);
  const name = `${model}, ${width} x ${height} px`;
  console.log(`${name}: ${seconds.toFixed(1)} s in ${turns} turns`);
  const ratio = Number((mostMiB / mebibytes).toPrecision(3));
  measurements.push({ bench: `memory for ${name}`, peer: `at most ${mostMiB} MiB`, ratio, value: Math.round(mebibytes), unit: "MiB" });
}
await recordResults(measurements, "npx tsx bench/large-translations.ts");

/** Translates one picture on a device process of its own. */
async function translate(work: TranslationWork) {
  const sessionId = "large";
  const messages: DeviceMessage[] = [];
  const { process: device } = await DeviceProcess.start({ ...deviceProcessDefaults, device: "cpu" }, (message) => {
    messages.push(message);
    if (message.type === "frame") device.send({ type: "acknowledge", sessionId, step: message.step });
  });
  const began = performance.now();
  device.send({ type: "start", sessionId, work, checkpoint: null, storedThrough: -1 });
  while (!messages.some(({ type }) => type === "finished" || type === "failed")) await pause(5);
  const seconds = (performance.now() - began) / 1000;
  const peak = /^VmHWM:\s+(\d+)/m.exec(await readFile(`/proc/${device.pid}/status`, "utf8"))?.[1];
  await device.kill();
  const frame = messages.find((message) => message.type === "frame");
  if (frame?.type !== "frame") throw new Error(`Nothing was painted: ${JSON.stringify(messages.at(-1))}`);
  const turns = messages.filter(({ type }) => type === "turn").length;
  return { seconds, turns, width: frame.width, height: frame.height, mebibytes: Number(peak) / 1024 };
}
