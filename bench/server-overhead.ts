/**
 * Time that the server adds to a step, in % of the computing time. It is the part of the time between two frames at a
 * viewer in which the device does not compute (turns, encoding, messages), plus the processor time of the server process
 * (history, GraphQL, inline bytes), as if none of it ran in parallel with the computing. Also measures the server's
 * event-loop delay. Everything is measured in one run, so other work on the machine does not count as overhead.
 *
 *   npx tsx bench/server-overhead.ts
 */
import { pngPicture } from "../test/helpers/pictures.js";
import { BenchServer, type SeenSession } from "./bench-server.js";
import { atMost, type Measurement, recordResults } from "./results.js";
import { median } from "./statistics.js";

const stepsAt = { 256: 40, 512: 16 };
const limits = { overheadPercent: 10, delayMs: 20 };

const server = await BenchServer.start();
const measurements: Measurement[] = [];
const delays: number[] = [];
try {
  for (const [size, steps] of Object.entries(stepsAt)) measurements.push(await overhead(Number(size), steps));
} finally {
  await server.close();
}
measurements.push(atMost("event-loop delay of the server while it paints, p99", Math.max(...delays), limits.delayMs, "ms"));
await recordResults(measurements, "npx tsx bench/server-overhead.ts");

async function overhead(size: number, steps: number): Promise<Measurement> {
  const [content, style] = [await pngPicture(size, size, 1), await pngPicture(size, size, 2)];
  const contentId = await server.client.upload(content.bytes);
  const styles = [{ imageId: await server.client.upload(style.bytes) }];
  await server.eventLoopDelay();
  const busyBefore = await server.processorTime();
  const session = await server.paint({ contentId, styles, size, steps });
  const serverMs = ((await server.processorTime()) - busyBefore) / session.frames.length;
  delays.push(await server.eventLoopDelay());

  const computeMs = median(session.frames.map((frame) => frame.computeMs));
  const betweenMs = median(timesBetweenSteps(session));
  console.log(
    `${size} px: computing ${computeMs.toFixed(0)} ms a step, between steps ${betweenMs.toFixed(1)} ms, server ${serverMs.toFixed(1)} ms of processor time`,
  );
  const percent = (100 * (betweenMs + serverMs)) / computeMs;
  return atMost(`what the server adds to a step, ${size} px`, percent, limits.overheadPercent, "%");
}

/** Time between frames without the computing, ms. Leaves out the first step, and the last, whose frame is a PNG. */
function timesBetweenSteps({ frames }: SeenSession): number[] {
  return frames.slice(1, -1).map(({ at, computeMs }, index) => at - frames[index]!.at - computeMs);
}
