/**
 * What the server adds to a step: the same painting by the painter alone and through the whole server (encode, history,
 * GraphQL subscription with the bytes inline), interleaved. Also the server's event-loop delay meanwhile.
 *
 *   npx tsx bench/server-overhead.ts
 */
import { join } from "node:path";
import { vgg19Layers } from "../models/vgg19.js";
import { createStyleTransferFactory } from "../server/art/style-transfer.js";
import type { EncodedPicture } from "../server/art/work.js";
import { OnnxEngine } from "../server/engine/onnx.js";
import { resolveSettings } from "../server/sessions/style-transfer-settings.js";
import { pngPicture } from "../test/helpers/pictures.js";
import { BenchServer, median, stepTime } from "./bench-server.js";
import { modelMirror } from "./mirror.js";
import { type Measurement, recordResults } from "./results.js";

const rounds = 3;
const stepsAt: Record<number, number> = { 256: 16, 512: 8 };
const overheadLimit = 10;
const delayLimit = 20;

const server = await BenchServer.start();
const painters = createStyleTransferFactory(new OnnxEngine());
const measurements: Measurement[] = [];
const delays: number[] = [];
try {
  for (const [size, steps] of Object.entries(stepsAt).map(([size, steps]) => [Number(size), steps] as const)) {
    const [content, style] = [await pngPicture(size, size, 1), await pngPicture(size, size, 2)];
    const contentId = await server.client.upload(content.bytes);
    const styles = [{ imageId: await server.client.upload(style.bytes) }];
    const alone: number[] = [];
    const served: number[] = [];
    for (let round = 0; round < rounds; round++) {
      alone.push(await paintAlone(content, style, size, steps));
      await server.eventLoopDelay();
      served.push(stepTime(await server.paint({ contentId, styles, size, steps })));
      delays.push(await server.eventLoopDelay());
      console.log(
        `${size} px, round ${round + 1}: painter alone ${alone.at(-1)?.toFixed(1)} ms a step, through the server ${served.at(-1)?.toFixed(1)} ms`,
      );
    }
    const overhead = 100 * (median(served) / median(alone) - 1);
    measurements.push({
      bench: `what the server adds to a step, ${size} px`,
      peer: `at most ${overheadLimit} % of the step`,
      ratio: overhead > 0 ? round2(overheadLimit / overhead) : null,
      value: round2(overhead),
      unit: "%",
    });
  }
  const worst = Math.max(...delays);
  measurements.push({
    bench: "event-loop delay of the server while it paints, p99",
    peer: `under ${delayLimit} ms`,
    ratio: round2(delayLimit / worst),
    value: round2(worst),
    unit: "ms",
  });
} finally {
  await painters.close();
  await server.close();
}
await recordResults(measurements, "npx tsx bench/server-overhead.ts");

/** Median time of a step without a server, ms. */
async function paintAlone(content: EncodedPicture, style: EncodedPicture, size: number, steps: number): Promise<number> {
  const layers = vgg19Layers.map(({ name, minimumSize }) => ({ name, minimumSide: minimumSize }));
  const model = { id: "vgg19", task: "FEATURES" as const, state: "READY" as const, layers };
  const settings = resolveSettings({ contentId: "content", styles: [{ imageId: "style" }], size, steps }, model);
  const network = { id: "vgg19", path: join(modelMirror(), "vgg19", "vgg19.safetensors") };
  const painter = await painters.open({ kind: "STYLE_TRANSFER", settings, content, styles: [{ ...style, weight: 1 }], network }, null);
  await painter.paint();
  const times: number[] = [];
  for (let step = 1; step < steps; step++) {
    const began = performance.now();
    await painter.paint();
    times.push(performance.now() - began);
  }
  await painter.close();
  return median(times);
}

function round2(value: number): number {
  return Number(value.toPrecision(3));
}
