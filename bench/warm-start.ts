/**
 * Time in which a warm server shows frame 0, in steps, with new and with cached targets; time of a painting with the
 * default settings; memory of the device process at 512 px.
 *
 *   npx tsx bench/warm-start.ts
 */
import { pngPicture } from "../test/helpers/pictures.js";
import { BenchServer, type SeenSession, stepTime } from "./bench-server.js";
import { atMost, type Measurement, recordResults } from "./results.js";
import { median } from "./statistics.js";

const rounds = 9;
const limits = { newTargets: 2.2, cachedTargets: 1.2, paintingSeconds: 90, deviceMiB: 2.5 * 1024 };

const server = await BenchServer.start();
const measurements: Measurement[] = [];
try {
  // Opens the model and builds the programs, so that the rounds find a warm device.
  await server.paint({ ...(await upload(256, 0)), size: 256, steps: 4 });
  const [fresh, cached]: [number[], number[]] = [[], []];
  for (let round = 1; round <= rounds; round++) {
    const input = { ...(await upload(256, round)), size: 256, steps: 6 };
    fresh.push(stepsToFrame0(await server.paint(input)));
    cached.push(stepsToFrame0(await server.paint(input)));
    console.log(`round ${round}: frame 0 after ${fresh.at(-1)?.toFixed(2)} steps, with cached targets ${cached.at(-1)?.toFixed(2)}`);
  }
  measurements.push(atMost("frame 0 of a warm server, 256 px", median(fresh), limits.newTargets, "steps"));
  measurements.push(atMost("frame 0 of a warm server with cached targets, 256 px", median(cached), limits.cachedTargets, "steps"));

  const painting = await server.paint(await upload(256, 1));
  const seconds = (painting.frames.at(-1)!.at - painting.requestedAt) / 1000;
  console.log(`default painting: ${painting.frames.length} frames in ${seconds.toFixed(1)} s`);
  measurements.push(atMost("painting with the default settings, 256 px", seconds, limits.paintingSeconds, "s"));

  await server.paint({ ...(await upload(512, 1)), size: 512, steps: 4 });
  measurements.push(atMost("memory of the device process at 512 px", await server.deviceMemory(), limits.deviceMiB, "MiB"));
} finally {
  await server.close();
}
await recordResults(measurements, "npx tsx bench/warm-start.ts");

/** Uploads two new pictures, and returns them as part of a session's input. */
async function upload(size: number, seed: number) {
  const [content, style] = [await pngPicture(size, size, 2 * seed + 1), await pngPicture(size, size, 2 * seed + 2)];
  return { contentId: await server.client.upload(content.bytes), styles: [{ imageId: await server.client.upload(style.bytes) }] };
}

/** Time from the request to frame 0 at the viewer, in steps of the same session. */
function stepsToFrame0(session: SeenSession): number {
  return (session.frames[0]!.at - session.requestedAt) / stepTime(session);
}
