import { writeFile } from "node:fs/promises";
import sharp from "sharp";
import { type FilmOrder, LAST_PICTURE_MS } from "./export.js";
import type { FilmPictures } from "./film-pictures.js";

/** Writes an animated WebP or GIF that repeats for ever; `onPicture` is told of each picture that is ready. */
export async function writeAnimation(
  path: string,
  pictures: FilmPictures,
  order: FilmOrder,
  { onPicture, signal }: { onPicture: () => void; signal: AbortSignal },
): Promise<void> {
  const { width, height, count } = pictures;
  const all: Buffer[] = [];
  for await (const picture of pictures.read(signal)) {
    all.push(picture);
    onPicture();
  }
  const delay = Array.from({ length: count }, (_, index) =>
    index === count - 1 ? LAST_PICTURE_MS : Math.round(1000 / order.framesPerSecond),
  );
  // The pages of an animation lie below each other in one tall picture.
  const pages = sharp(Buffer.concat(all), { raw: { width, height: height * count, channels: 3, pageHeight: height } });
  const animation = order.format === "GIF" ? pages.gif({ delay, loop: 0 }) : pages.webp({ delay, loop: 0, quality: 80, effort: 2 });
  const bytes = await animation.toBuffer();
  signal.throwIfAborted();
  await writeFile(path, bytes);
}
