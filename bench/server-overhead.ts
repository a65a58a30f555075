/**
 * What the server adds to a step, in % of the computing: the time from one frame to the next at a viewer beyond the
 * device's own computing (turns, encoding, messages), plus the processor time that the server process spends on the step
 * (history, GraphQL, the bytes inline), counted as if none of it ran beside the computing. Also the server's event-loop
 * delay meanwhile. Both come from one run, so other work on the machine does not pass for overhead.
 *
 *   npx tsx bench/server-overhead.ts
 */
import { pngPicture } from "../test/helpers/pictures.js";
import { BenchServer, median, type SeenSession } from "./bench-server.js";
import { type Measurement, recordResults } from "./results.js";

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
measurements.push(limited("event-loop delay of the server while it paints, p99", Math.max(...delays), limits.delayMs, "ms"));
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
  return limited(`what the server adds to a step, ${size} px`, percent, limits.overheadPercent, "%");
}

/** Of each step but the first and the last, whose picture is a PNG: from the frame before to this one, less computing, ms. */
function timesBetweenSteps({ frames }: SeenSession): number[] {
  return frames.slice(1, -1).map(({ at, computeMs }, index) => at - frames[index]!.at - computeMs);
}

function limited(bench: string, value: number, limit: number, unit: string): Measurement {
  const [rounded, ratio] = [value, limit / value].map((number) => Number(number.toPrecision(3))) as [number, number];
  return { bench, peer: `at most ${limit} ${unit}`, ratio, value: rounded, unit };
}
