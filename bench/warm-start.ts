/**
 * How soon a warm server shows frame 0, counted in steps, with new and with cached targets; how long a painting with the
 * default settings takes; how much memory the device process needs at 512 px.
 *
 *   npx tsx bench/warm-start.ts
 */
import { pngPicture } from "../test/helpers/pictures.js";
import { BenchServer, median, type SeenSession, stepTime } from "./bench-server.js";
import { type Measurement, recordResults } from "./results.js";

const rounds = 9;
const limits = { newTargets: 2.2, cachedTargets: 1.2, paintingSeconds: 90, deviceMiB: 2.5 * 1024 };

const server = await BenchServer.start();
const measurements: Measurement[] = [];
try {
  // Opens the network and builds the programs: what follows finds a warm device.
  await server.paint({ ...(await upload(256, 0)), size: 256, steps: 4 });
  const [fresh, cached]: [number[], number[]] = [[], []];
  for (let round = 1; round <= rounds; round++) {
    const input = { ...(await upload(256, round)), size: 256, steps: 6 };
    fresh.push(stepsToFrame0(await server.paint(input)));
    cached.push(stepsToFrame0(await server.paint(input)));
    console.log(`round ${round}: frame 0 after ${fresh.at(-1)?.toFixed(2)} steps, with cached targets ${cached.at(-1)?.toFixed(2)}`);
  }
  addLimit("frame 0 of a warm server, 256 px", limits.newTargets, median(fresh), "steps");
  addLimit("frame 0 of a warm server with cached targets, 256 px", limits.cachedTargets, median(cached), "steps");

  const painting = await server.paint(await upload(256, 1));
  const seconds = (painting.frames.at(-1)!.at - painting.askedAt) / 1000;
  console.log(`default painting: ${painting.frames.length} frames in ${seconds.toFixed(1)} s`);
  addLimit("painting with the default settings, 256 px", limits.paintingSeconds, seconds, "s");

  await server.paint({ ...(await upload(512, 1)), size: 512, steps: 4 });
  addLimit("memory of the device process at 512 px", limits.deviceMiB, await server.deviceMemory(), "MiB");
} finally {
  await server.close();
}
await recordResults(measurements, "npx tsx bench/warm-start.ts");

/** Two new pictures on the server, as part of a session's input. */
async function upload(size: number, seed: number) {
  const [content, style] = [await pngPicture(size, size, 2 * seed + 1), await pngPicture(size, size, 2 * seed + 2)];
  return { contentId: await server.client.upload(content.bytes), styles: [{ imageId: await server.client.upload(style.bytes) }] };
}

/** Time from the request to frame 0 at the viewer, in steps of the same session. */
function stepsToFrame0(session: SeenSession): number {
  return (session.frames[0]!.at - session.askedAt) / stepTime(session);
}

function addLimit(bench: string, limit: number, value: number, unit: string): void {
  const [rounded, ratio] = [value, limit / value].map((number) => Number(number.toPrecision(3))) as [number, number];
  measurements.push({ bench, peer: `at most ${limit} ${unit}`, ratio, value: rounded, unit });
}
