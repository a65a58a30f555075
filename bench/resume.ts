/**
 * What a painting with L-BFGS loses when it goes on from a checkpoint that has room for less than all of its curvature: its
 * final J against that of an uninterrupted run, with the share that fits at 1024 px square, and with none, as at 2048 px.
 * `npx tsx bench/resume.ts`
 */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { decodeCheckpoint, encodeCheckpoint } from "../server/art/checkpoint.js";
import { nextPainting, type Painter, type Painting } from "../server/art/painter.js";
import { createStyleTransferFactory } from "../server/art/style-transfer.js";
import type { StyleTransferWork } from "../server/art/work.js";
import { OnnxEngine } from "../server/engine/onnx.js";
import { parseCard } from "../server/models/card.js";
import { rootFolder } from "../server/paths.js";
import { defaultSettings } from "../server/records/settings.js";

const SIZE = 192;
const STEPS = 100;
/** Pictures of 1024 x 1024 px in 160 MB. */
const PICTURES_AT_1024 = 12.7;
const PHOTOS = ["alps.jpg", "acanthus.jpg"];

const bundled = join(rootFolder, "models", "bundled", "vgg19-lite");
const card = parseCard(await readFile(join(bundled, "card.json"), "utf8"));
const factory = createStyleTransferFactory(new OnnxEngine());

for (const photo of PHOTOS) {
  const work = await workOf(photo);
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

async function workOf(photo: string): Promise<StyleTransferWork> {
  const sample = async (name: string) => ({ digest: name, bytes: await readFile(join(rootFolder, "web/public/samples", name)) });
  return {
    kind: "STYLE_TRANSFER",
    settings: { ...defaultSettings({ optimizer: "LBFGS", size: SIZE }), steps: STEPS, model: "vgg19-lite" },
    content: await sample(photo),
    styles: [{ ...(await sample("night-wind.jpg")), weight: 1 }],
    changes: [],
    network: { id: "vgg19-lite", path: join(bundled, card!.file), sha256: card!.sha256, architecture: card!.architecture! },
  };
}

/** A checkpoint of one step that has room for so many pictures of the painting's size. */
async function checkpointOf(work: StyleTransferWork, step: number, pictures: number): Promise<Uint8Array> {
  const painter = await factory.open(work, null);
  while (painter.nextStep <= step) await nextPainting(painter);
  const whole = decodeCheckpoint(painter.checkpoint());
  const checkpoint = encodeCheckpoint(whole, pictures * whole.picture.data.byteLength);
  await painter.close();
  return checkpoint;
}

/** J of the last picture. */
async function finish(painter: Painter): Promise<number> {
  let painting: Painting;
  do painting = await nextPainting(painter);
  while (!painting.last);
  await painter.close();
  return painting.losses!.total;
}
