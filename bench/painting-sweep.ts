/**
 * Paints one pair of pictures with several settings, and puts the results on one sheet with their losses and times.
 *
 *   npx tsx bench/painting-sweep.ts --network FILE --content FILE --style FILE --sheet FILE.png "beta=30" "beta=300 scales=2"
 *
 * Each further argument is one painting: the settings that differ from the defaults, with JSON values after the `=`.
 */
import { readFile } from "node:fs/promises";
import { parseArgs } from "node:util";
import sharp from "sharp";
import { nextPainting, type PaintedStep } from "../server/art/painter.js";
import { toInterleaved } from "../server/art/picture.js";
import { createStyleTransferFactory } from "../server/art/style-transfer.js";
import { OnnxEngine } from "../server/engine/onnx.js";
import { defaultSettings, type StyleTransferSettings } from "../server/records/settings.js";

const { values: files, positionals: variants } = parseArgs({
  allowPositionals: true,
  options: { network: { type: "string" }, content: { type: "string" }, style: { type: "string" }, sheet: { type: "string" } },
});
const { network, content, style, sheet } = files;
if (!network || !content || !style || !sheet) throw new Error("--network, --content, --style and --sheet are needed.");

const factory = createStyleTransferFactory(new OnnxEngine());
const pictures = { content: await readFile(content), style: await readFile(style) };
const tiles: { picture: Buffer; label: string }[] = [];
for (const variant of variants) {
  const settings = settingsOf(variant);
  const began = performance.now();
  const last = await paint(settings);
  const seconds = ((performance.now() - began) / 1000).toFixed(1);
  const { content: c, style: s, tv } = last.losses!;
  const label = `${variant || "defaults"}: ${seconds} s, content ${c.toFixed(3)}, style ${s.toFixed(4)}, tv ${tv.toFixed(4)}`;
  console.log(label);
  tiles.push({ picture: await png(last), label });
}
await factory.close();
await contactSheet(sheet);

function settingsOf(variant: string): StyleTransferSettings {
  const asked = Object.fromEntries(
    variant
      .split(" ")
      .filter(Boolean)
      .map((setting) => setting.split("="))
      .map(([name, value]) => [name, JSON.parse(value ?? "null")]),
  );
  return { ...defaultSettings(asked), model: "vgg19", ...asked } as StyleTransferSettings;
}

async function paint(settings: StyleTransferSettings): Promise<PaintedStep> {
  const painter = await factory.open(
    {
      kind: "STYLE_TRANSFER",
      settings,
      content: { digest: "content", bytes: pictures.content },
      styles: [{ digest: "style", bytes: pictures.style, weight: 1 }],
      changes: [],
      network: { id: "vgg19", path: network!, sha256: "0".repeat(64), architecture: { family: "vgg19" } },
    },
    null,
  );
  let painting: PaintedStep;
  do painting = await nextPainting(painter);
  while (!painting.last);
  await painter.close();
  return painting;
}

function png({ planes }: PaintedStep): Promise<Buffer> {
  const raw = { width: planes.width, height: planes.height, channels: 3 as const };
  return sharp(toInterleaved(planes), { raw }).png().toBuffer();
}

/** Three columns of paintings, each above its label. */
async function contactSheet(file: string): Promise<void> {
  const sizes = await Promise.all(tiles.map(({ picture }) => sharp(picture).metadata()));
  const width = Math.max(...sizes.map((size) => size.width)) + 8;
  const height = Math.max(...sizes.map((size) => size.height)) + 40;
  const columns = Math.min(3, tiles.length);
  const layers = tiles.flatMap(({ picture, label }, i) => {
    const [left, top] = [(i % columns) * width, Math.floor(i / columns) * height];
    const lines = label.match(/.{1,44}(\s|$)/g) ?? [label];
    const text = lines.map((line, n) => `<text x="2" y="${12 + 12 * n}" font-size="10" font-family="sans-serif">${line}</text>`).join("");
    const caption = Buffer.from(`<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="38">${text}</svg>`);
    return [
      { input: picture, left, top },
      { input: caption, left, top: top + height - 38 },
    ];
  });
  const rows = Math.ceil(tiles.length / columns);
  await sharp({ create: { width: columns * width, height: rows * height, channels: 3, background: "white" } })
    .composite(layers)
    .png()
    .toFile(file);
}
