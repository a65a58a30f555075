import { writeFile } from "node:fs/promises";
import sharp from "sharp";
import type { StorageSpace } from "../storage/storage.js";
import { type FilmSettings, LAST_PICTURE_MS } from "./export.js";
import type { FilmPictures } from "./film-pictures.js";

/**
 * Writes an animated WebP or GIF that repeats for ever. Calls `onPicture` for each picture that is ready.
 * @throws StorageUnavailable when the disk is almost full.
 */
export async function writeAnimation(
  path: string,
  pictures: FilmPictures,
  { format, framesPerSecond }: FilmSettings,
  { onPicture, signal, space }: { onPicture: () => void; signal: AbortSignal; space: StorageSpace },
): Promise<void> {
  const { width, height } = pictures;
  const all: Buffer[] = [];
  for await (const picture of pictures.read(signal)) {
    all.push(picture);
    onPicture();
  }
  const count = all.length;
  const delay = Array.from({ length: count }, (_, index) => (index === count - 1 ? LAST_PICTURE_MS : Math.round(1000 / framesPerSecond)));
  // sharp takes the pages of an animation as one tall picture.
  const pages = sharp(Buffer.concat(all), { raw: { width, height: height * count, channels: 3, pageHeight: height } });
  const animation = format === "GIF" ? pages.gif({ delay, loop: 0 }) : pages.webp({ delay, loop: 0, quality: 80, effort: 2 });
  const bytes = await animation.toBuffer();
  signal.throwIfAborted();
  await space.storing(bytes.byteLength, () => writeFile(path, bytes));
}
