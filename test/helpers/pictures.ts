import { createHash } from "node:crypto";
import sharp from "sharp";
import { seededRandom } from "../../server/art/starting-picture.js";
import type { EncodedPicture } from "../../server/art/work.js";

/** A PNG of coloured noise under a gradient, the same for the same seed. */
export async function pngPicture(width: number, height: number, seed = 1): Promise<EncodedPicture> {
  const random = seededRandom(seed);
  const pixels = Buffer.alloc(width * height * 3);
  for (let i = 0; i < pixels.length; i++) {
    const [x, y] = [Math.floor(i / 3) % width, Math.floor(i / 3 / width)];
    pixels[i] = 255 * (0.5 * random() + 0.5 * ((i % 3) + x / width + (seed * y) / height) * 0.3) * 0.9;
  }
  const bytes = await sharp(pixels, { raw: { width, height, channels: 3 } })
    .png()
    .toBuffer();
  return { bytes, digest: createHash("sha256").update(bytes).digest("hex") };
}
