/**
 * Loss of a painting with L-BFGS that continues from a checkpoint without all of its curvature: its final J, compared
 * with that of an uninterrupted run, with the pairs that fit at 1024 x 1024 px and with none, as at 2048 x 2048 px.
 *
 *   npx tsx bench/resume.ts
 */
import { decodeCheckpoint, encodeCheckpoint } from "../server/art/checkpoint.js";
import { nextPainting, type PaintedStep, type Painter } from "../server/art/painter.js";
import { createStyleTransferFactory } from "../server/art/style-transfer.js";
import type { StyleTransferWork } from "../server/art/work.js";
import { OnnxEngine } from "../server/engine/onnx.js";
import { defaultSettings } from "../server/records/settings.js";
import { sampleWork } from "./sample-work.js";

const SIZE = 192;
const STEPS = 100;
/** How many pictures of 1024 x 1024 px fit into the 160 MB of a checkpoint. */
const PICTURES_AT_1024 = 12.7;
const PHOTOS = ["alps.jpg", "acanthus.jpg"];

const factory = createStyleTransferFactory(new OnnxEngine());

for (const photo of PHOTOS) {
  const work = await sampleWork(photo, { ...defaultSettings({ optimizer: "LBFGS", size: SIZE }), steps: STEPS });
  const whole = await finish(await factory.open(work, null));
  for (const stop of [10, 30, 50, 70, 90]) {
    const ratios = [];
    for (const pictures of [PICTURES_AT_1024, 1]) {
      const resumed = await finish(await factory.open(work, await checkpointOf(work, stop, pictures)));
      ratios.push((resumed / whole).toFixed(4));
    }
    console.info(`${photo}, resumed at step ${stop}: final J ${ratios.join(" / ")} of the uninterrupted run's`);
  }
}
await factory.close();

/** A checkpoint of `step` with room for `pictures` pictures of the painting's size. */
async function checkpointOf(work: StyleTransferWork, step: number, pictures: number): Promise<Uint8Array> {
  const painter = await factory.open(work, null);
  while (painter.nextStep <= step) await nextPainting(painter);
  const whole = decodeCheckpoint(painter.checkpoint());
  const checkpoint = encodeCheckpoint(whole, pictures * whole.picture.data.byteLength);
  await painter.close();
  return checkpoint;
}

/** Paints to the end and returns J of the last picture. */
async function finish(painter: Painter): Promise<number> {
  let painting: PaintedStep;
  do painting = await nextPainting(painter);
  while (!painting.last);
  await painter.close();
  return painting.losses!.total;
}
