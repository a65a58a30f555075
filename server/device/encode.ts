import sharp, { type JpegOptions, type PngOptions, type Sharp } from "sharp";
import type { Pixels, Planes } from "../art/painter.js";
import { toInterleaved } from "../art/picture.js";

/** An encoded picture, as it is stored and sent. */
export interface EncodedFrame {
  bytes: Uint8Array;
  mimeType: string;
}

/**
 * JPEG without chroma subsampling: a painting of 256 px gains 3.5 dB (33 instead of 29.6) for 8 kB, because strokes are
 * saturated and one or two pixels wide. Quality 82 gives about 35 kB at 256 px and 95 kB at 512 px.
 */
const jpeg: JpegOptions = { quality: 82, chromaSubsampling: "4:4:4" };

/** Huffman tables for each picture would save 3 % of the bytes for 50 % more time; live pictures are not kept. */
const liveJpeg: JpegOptions = { ...jpeg, optimiseCoding: false };

/** Adaptive filtering saves a fifth to a half of a painting's bytes; its time is spent once a session. */
const png: PngOptions = { compressionLevel: 6, adaptiveFiltering: true };

// Encoding takes milliseconds; more threads or a cache would only take cores and memory away from the painting.
sharp.concurrency(1);
sharp.cache(false);

/**
 * Encodes a picture: as PNG when `lossless`, else as JPEG. `planes` may be changed as soon as this returns its promise.
 */
export function encodeFrame(planes: Planes, lossless: boolean): Promise<EncodedFrame> {
  const raw = { width: planes.width, height: planes.height, channels: 3 } as const;
  const picture = sharp(toInterleaved(planes), { raw });
  return lossless ? encoded(picture.png(png), "image/png") : encoded(picture.jpeg(jpeg), "image/jpeg");
}

/** Encodes a live picture as JPEG. `data` must not change until the promise resolves. */
export function encodeLiveFrame({ data, width, height }: Pixels): Promise<EncodedFrame> {
  return encoded(sharp(data, { raw: { width, height, channels: 3 } }).jpeg(liveJpeg), "image/jpeg");
}

async function encoded(picture: Sharp, mimeType: string): Promise<EncodedFrame> {
  return { bytes: await picture.toBuffer(), mimeType };
}
