import { writeFile } from "node:fs/promises";
import { buffer } from "node:stream/consumers";
import sharp from "sharp";
import type { AnimationOrder } from "./animation.js";

// Entry of the process that encodes an animation: raw RGB pictures come on the standard input, the order as an argument.
const { path, format, width, height, delayMs, lastDelayMs }: AnimationOrder = JSON.parse(process.argv[2] ?? "");
const pictures = await buffer(process.stdin);
const count = pictures.byteLength / (3 * width * height);
// The input breaks off when the server is gone.
if (count === 0 || !Number.isInteger(count)) throw new RangeError("The pictures are not complete.");
const delay = Array.from({ length: count }, (_, index) => (index === count - 1 ? lastDelayMs : delayMs));
// sharp takes the pages of an animation as one tall picture.
const pages = sharp(pictures, { raw: { width, height: height * count, channels: 3, pageHeight: height } });
const options = { delay, loop: 0 };
const animation = format === "GIF" ? pages.gif(options) : pages.webp({ ...options, quality: 80, effort: 2 });
await writeFile(path, await animation.toBuffer());
