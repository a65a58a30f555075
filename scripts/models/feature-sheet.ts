/**
 * Paints sample pictures with feature networks at the default settings, and puts the results on one sheet: content,
 * style, and one column for each network.
 *
 *   npx tsx scripts/models/feature-sheet.ts --out models/bundled/vgg19-lite/sheet.webp models/bundled/vgg19-lite ../shared/weights/vgg19
 *
 * The arguments are folders of models. --size N paints at N px; --pairs PHOTO:STYLE,... chooses other sample pictures.
 */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { parseArgs } from "node:util";
import sharp from "sharp";
import { nextPainting, type PaintedStep } from "../../server/art/painter.js";
import { toInterleaved } from "../../server/art/picture.js";
import { createStyleTransferFactory } from "../../server/art/style-transfer.js";
import type { EncodedPicture, FeatureNetworkFile } from "../../server/art/work.js";
import { OnnxEngine } from "../../server/engine/onnx.js";
import { parseCard } from "../../server/models/card.js";
import { defaultSettings } from "../../server/records/settings.js";

const { values: options, positionals: folders } = parseArgs({
  allowPositionals: true,
  options: {
    out: { type: "string" },
    size: { type: "string", default: "256" },
    pairs: { type: "string", default: "alps:night-wind,airplane:breakers,allium:stained-glass,nagasaki-boats:engraving" },
  },
});
if (!options.out || folders.length === 0) throw new Error("--out and at least one folder of a model are needed.");

const samples = join(import.meta.dirname, "../../web/public/samples");
const size = Number(options.size);
const gap = 6;

const networks = await Promise.all(folders.map(networkIn));
const factory = createStyleTransferFactory(new OnnxEngine());
const rows: Buffer[][] = [];
for (const pair of options.pairs.split(",")) {
  const [photo = "", style = ""] = pair.split(":");
  const [content, styleImage] = await Promise.all([sample(photo), sample(style)]);
  const row = [content.bytes, styleImage.bytes];
  for (const network of networks) {
    const began = performance.now();
    const last = await paint(network, content, styleImage);
    const { content: c, style: s } = last.losses!;
    const seconds = ((performance.now() - began) / 1000).toFixed(0);
    console.log(`${photo} x ${style}, ${network.id}: ${seconds} s, content ${c.toFixed(3)}, style ${s.toFixed(4)}`);
    const raw = { width: last.planes.width, height: last.planes.height, channels: 3 as const };
    row.push(await sharp(toInterleaved(last.planes), { raw }).png().toBuffer());
  }
  rows.push(row);
}
await factory.close();
await layOut(rows, options.out);

async function networkIn(folder: string): Promise<FeatureNetworkFile> {
  const card = parseCard(await readFile(join(folder, "card.json"), "utf8"));
  if (!card?.architecture) throw new Error(`${folder} holds no feature network.`);
  return { id: card.id, path: join(folder, card.file), sha256: card.sha256, architecture: card.architecture };
}

async function sample(name: string): Promise<EncodedPicture & { bytes: Buffer }> {
  return { digest: name, bytes: await readFile(join(samples, `${name}.jpg`)) };
}

async function paint(network: FeatureNetworkFile, content: EncodedPicture, style: EncodedPicture): Promise<PaintedStep> {
  const settings = { ...defaultSettings({ size }), model: network.id };
  const painter = await factory.open(
    {
      kind: "STYLE_TRANSFER",
      settings,
      content,
      styles: [{ ...style, weight: 1 }],
      changes: [],
      network,
    },
    null,
  );
  let painting: PaintedStep;
  do painting = await nextPainting(painter);
  while (!painting.last);
  await painter.close();
  return painting;
}

/** Puts pictures into rows as large as their content, to which the style is cropped on the sheet. */
async function layOut(grid: readonly Buffer[][], file: string): Promise<void> {
  const layers: { input: Buffer; left: number; top: number }[] = [];
  let top = 0;
  for (const [content = Buffer.of(), ...others] of grid) {
    const { data, info } = await sharp(content).resize(size, size, { fit: "inside" }).png().toBuffer({ resolveWithObject: true });
    const tiles = await Promise.all(
      others.map((picture) => sharp(picture).resize(info.width, info.height, { fit: "cover" }).png().toBuffer()),
    );
    layers.push(...[data, ...tiles].map((input, column) => ({ input, left: column * (size + gap), top })));
    top += info.height + gap;
  }
  const width = (folders.length + 2) * (size + gap) - gap;
  await sharp({ create: { width, height: top - gap, channels: 3, background: "white" } })
    .composite(layers)
    .webp({ quality: 78 })
    .toFile(file);
}
