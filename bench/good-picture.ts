/**
 * VGG-19's J against seconds at 512 px, by several ways to the same picture: neural-style's (L-BFGS at one scale), Adam at
 * one scale, coarse to fine with each of them, and drafts of these, whose coarse scale vgg19-lite paints. Seconds are
 * those of evaluations and updates. J is that of the full size; coarse scales count with their time alone. The pictures
 * and their curves are written to a folder, the curves also to bench/curves.json, from which plots.ts draws.
 *
 *   npx tsx bench/good-picture.ts --content FILE --style FILE --pair NAME --folder FOLDER [ways ...]
 */
import { mkdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { parseArgs } from "node:util";
import sharp from "sharp";
import { nextPainting, type PaintedStep } from "../server/art/painter.js";
import { toInterleaved } from "../server/art/picture.js";
import { createStyleTransferFactory } from "../server/art/style-transfer.js";
import type { StyleTransferWork } from "../server/art/work.js";
import { OnnxEngine } from "../server/engine/onnx.js";
import { rootFolder } from "../server/paths.js";
import { newConvolutions } from "../server/records/convolutions.js";
import { defaultSettings, type StyleTransferSettings } from "../server/records/settings.js";
import { type Curve, readCurves, writeCurves } from "./curves.js";
import { machine } from "./results.js";
import { featureNetworkIn, requireModelMirror } from "./sample-work.js";

const size = 512;

const ways: Record<string, Partial<StyleTransferSettings>> = {
  "L-BFGS, 1 scale, 500 steps": { optimizer: "LBFGS", scales: 1, steps: 500 },
  "Adam, 1 scale, 500 steps": { optimizer: "ADAM", scales: 1, steps: 500 },
  "Adam, 2 scales, 150 steps": { optimizer: "ADAM", scales: 2, steps: 150 },
  "L-BFGS, 2 scales, 150 steps": { optimizer: "LBFGS", scales: 2, steps: 150 },
  "draft, Adam, 2 scales, 150 steps": { optimizer: "ADAM", draft: true, scales: 2, steps: 150 },
  "draft, L-BFGS, 2 scales, 150 steps": { optimizer: "LBFGS", draft: true, scales: 2, steps: 150 },
};

const { values: given, positionals: asked } = parseArgs({
  allowPositionals: true,
  options: { content: { type: "string" }, style: { type: "string" }, pair: { type: "string" }, folder: { type: "string" } },
});
const { content: contentFile, style: styleFile, pair, folder } = given;
if (!contentFile || !styleFile || !pair || !folder) throw new Error("--content, --style, --pair and --folder are needed.");

const network = await featureNetworkIn(join(requireModelMirror(), "vgg19"));
const lite = await featureNetworkIn(join(rootFolder, "models", "bundled", "vgg19-lite"));
const factory = createStyleTransferFactory(new OnnxEngine());
const content = { digest: "content", bytes: await readFile(contentFile) };
const style = { digest: "style", bytes: await readFile(styleFile), weight: 1 };
await mkdir(folder, { recursive: true });
for (const name of asked.length > 0 ? asked : Object.keys(ways)) {
  const settings = ways[name];
  if (!settings) throw new Error(`There is no way "${name}". Ways: ${Object.keys(ways).join("; ")}.`);
  const curve = await follow(name, settings);
  const kept = (await readCurves()).filter((other) => other.pair !== pair || other.name !== name);
  await writeCurves([...kept, curve]);
}
await factory.close();

async function follow(name: string, settings: Partial<StyleTransferSettings>): Promise<Curve> {
  const points: [number, number][] = [];
  let seconds = 0;
  const painter = await factory.open(workOf(settings), null);
  let painting: PaintedStep;
  do {
    painting = await nextPainting(painter);
    const { planes, losses, computeMs } = painting;
    seconds += computeMs / 1000;
    if (Math.max(planes.width, planes.height) === size) points.push([Number(seconds.toFixed(2)), Number(losses!.total.toFixed(5))]);
  } while (!painting.last);
  await painter.close();
  console.log(`${pair}, ${name}: J ${points.at(-1)![1]} after ${seconds.toFixed(0)} s`);
  const { width, height } = painting.planes;
  const file = join(folder!, `${name.replaceAll(/\W+/g, "-")}.png`);
  await sharp(toInterleaved(painting.planes), { raw: { width, height, channels: 3 } })
    .png()
    .toFile(file);
  return { pair: pair!, name, size, machine: machine(), points };
}

function workOf(asked: Partial<StyleTransferSettings>): StyleTransferWork {
  const settings = { ...defaultSettings({ size, ...asked }), model: network.id, ...asked };
  const draftNetwork = settings.draft ? lite : undefined;
  return {
    kind: "STYLE_TRANSFER",
    ...{ settings, content, styles: [style], changes: [], network, draftNetwork, convolutions: newConvolutions },
  };
}
