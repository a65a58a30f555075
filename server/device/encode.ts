import sharp, { type JpegOptions, type PngOptions, type Sharp } from "sharp";
import type { Planes } from "../art/painter.js";

/** A picture as it is stored and sent. */
export interface EncodedFrame {
  bytes: Uint8Array;
  mimeType: string;
}

/**
 * Without chroma subsampling: a painted 256 px picture gains 3.5 dB (33 instead of 29.6) for 8 kB, since strokes are
 * saturated and a pixel or two wide. Quality 82 gives about 35 kB at 256 px and 95 kB at 512 px.
 */
const jpeg: JpegOptions = { quality: 82, chromaSubsampling: "4:4:4" };

/** Adaptive filtering saves a fifth to a half of a painting's bytes and is paid once a session. */
const png: PngOptions = { compressionLevel: 6, adaptiveFiltering: true };

// Encoding takes milliseconds; more threads or a cache would only take cores and memory from the painting.
sharp.concurrency(1);
sharp.cache(false);

/** Float planes (3 x height x width, RGB, 0..1) as interleaved bytes; values beyond the range show as its ends. */
export function toBytes(planes: Planes): Uint8Array {
  const { data } = planes;
  const area = planes.width * planes.height;
  // A clamped array rounds to the nearest, halves to even, and clamps by itself.
  const bytes = new Uint8ClampedArray(area * 3);
  for (let channel = 0; channel < 3; channel++) {
    const plane = data.subarray(channel * area, (channel + 1) * area);
    for (let pixel = 0; pixel < area; pixel++) bytes[pixel * 3 + channel] = (plane[pixel] as number) * 255;
  }
  return new Uint8Array(bytes.buffer);
}

/** Encodes a picture: JPEG for one of many, PNG when nothing may be lost. `planes` may be reused once this has returned. */
export function encodeFrame(planes: Planes, lossless: boolean): Promise<EncodedFrame> {
  const raw = { width: planes.width, height: planes.height, channels: 3 } as const;
  const picture = sharp(toBytes(planes), { raw });
  return lossless ? encoded(picture.png(png), "image/png") : encoded(picture.jpeg(jpeg), "image/jpeg");
}

async function encoded(picture: Sharp, mimeType: string): Promise<EncodedFrame> {
  return { bytes: await picture.toBuffer(), mimeType };
}
