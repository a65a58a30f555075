/**
 * Where the time of one run of a bundled generator goes, by ONNX Runtime's own profile.
 *
 *   npx tsx bench/generator-profile.ts [model] [size, px]
 */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { FREE, input } from "../server/graph/node.js";
import { elementCount } from "../server/graph/tensor.js";
import { toOnnx } from "../server/graph/to-onnx.js";
import { isGenerator } from "../server/models/architecture.js";
import { parseCard } from "../server/models/card.js";
import { openGenerator } from "../server/models/generators.js";
import { rootFolder } from "../server/paths.js";
import { nodeTimes, printTimes } from "./node-times.js";

const [model = "photo-to-painting", side = "256"] = process.argv.slice(2);
const folder = join(rootFolder, "models", "bundled", model);
const card = parseCard(await readFile(join(folder, "card.json"), "utf8"));
if (!card?.architecture || !isGenerator(card.architecture)) throw new Error(`${model} is no bundled generator.`);
const generator = await openGenerator(join(folder, card.file), card.architecture);
const shape = [1, 3, Number(side), Number(side)];
const picture = { shape, data: Float32Array.from({ length: elementCount(shape) }, (_, i) => Math.sin(i / 37)) };
const kinds: Record<string, string> = {
  Conv: "convolutions",
  FusedConv: "convolutions",
  InstanceNormalization: "normalisation",
  Pad: "borders",
  ReorderInput: "channels into blocks and back",
  ReorderOutput: "channels into blocks and back",
  DepthToSpace: "enlarging",
  Slice: "enlarging",
};
const times = await nodeTimes(
  toOnnx({ made: generator.apply(input("picture", [1, 3, FREE, FREE])) }),
  { picture },
  (operator) => kinds[operator] ?? "everything else",
);
printTimes(`${model}, ${side} px`, times);
