/**
 * What Redis needs for a frame of 60 kB that a worker publishes, and for each API server that is sent it: one process
 * publishes frames of 20 sessions as fast as they are taken, others subscribe.
 *
 *   npx tsx bench/bus.ts
 */
import { openRemoteBus } from "../server/bus/remote.js";
import { aFrame } from "../test/contracts/records.js";
import { RedisServer } from "../test/helpers/redis-server.js";
import { until } from "../test/helpers/until.js";
import { type Measurement, recordResults } from "./results.js";
import { rounded } from "./statistics.js";

const FRAMES = 3000;
const SESSIONS = 20;
const picture = new Uint8Array(60_000).map((_, place) => (place * 31) % 251);
const options = { onListenerError: console.error, warn: console.warn };

const redis = await RedisServer.start();
const measured: Measurement[] = [];
try {
  for (const servers of [0, 1, 4]) {
    const buses = await Promise.all(Array.from({ length: servers }, () => openRemoteBus(redis.url, options)));
    let received = 0;
    for (const bus of buses) for (let n = 0; n < SESSIONS; n++) await bus.subscribe(`session:${n}`, () => received++);
    const worker = await openRemoteBus(redis.url, options);
    const before = await processorMs();
    const began = performance.now();
    for (let step = 0; step < FRAMES / SESSIONS; step++) {
      const sent = Array.from({ length: SESSIONS }, (_, n) =>
        worker.publish(`session:${n}`, { type: "frame", frame: aFrame(String(n), step), picture }),
      );
      await Promise.all(sent);
    }
    await until(() => received === servers * FRAMES);
    const seconds = (performance.now() - began) / 1000;
    const perFrame = ((await processorMs()) - before) / FRAMES;
    const form = `frames of 60 kB over Redis to ${servers} API servers`;
    measured.push({ bench: `${form}: Redis computes for each`, peer: "", ratio: null, value: rounded(perFrame), unit: "ms" });
    console.info(`${form}: ${(FRAMES / seconds).toFixed(0)} frames/s`);
    await Promise.all([worker, ...buses].map((bus) => bus.close()));
  }
} finally {
  await redis.close();
}
await recordResults(measured, "npx tsx bench/bus.ts");

/** Processor time of Redis so far, ms. */
async function processorMs(): Promise<number> {
  const info = String(await redis.command("INFO", "cpu"));
  const seconds = (name: string) => Number(new RegExp(`^${name}:(\\S+)`, "m").exec(info)?.[1] ?? Number.NaN);
  return 1000 * (seconds("used_cpu_user") + seconds("used_cpu_sys"));
}
