import { badInput } from "../errors.js";
import { openPicture } from "../pictures/decode.js";
import { fitLongerSide, type PictureSize } from "../records/scales.js";
import type { Pixels, Planes } from "./painter.js";

/** Size to decode to, px: the longer side, which keeps the shape, or both sides, which crops around the centre. */
export type PictureFit = { longerSide: number } | PictureSize;

/**
 * Decodes as `decodePixels` does, to float planes (3 x H x W).
 * @throws AtelierError BAD_INPUT for undecodable bytes.
 */
export async function decodePlanes(bytes: Uint8Array, fit: PictureFit): Promise<Planes> {
  return fromInterleaved(await decodePixels(bytes, fit));
}

/**
 * Decodes JPEG, PNG, WebP, GIF (first frame), AVIF or TIFF (largest page) to sRGB bytes (H x W x 3). Applies the EXIF
 * orientation, lays alpha on white, and converts every depth, colour model and profile.
 * @throws AtelierError BAD_INPUT when the bytes cannot be decoded, or when the picture has more than `maxPixels` pixels.
 */
export async function decodePixels(bytes: Uint8Array, fit: PictureFit, maxPixels = Number.POSITIVE_INFINITY): Promise<Pixels> {
  const picture = await openPicture(bytes);
  const { width, height } = picture.size;
  if (width * height > maxPixels) {
    const message = `The picture has ${width} x ${height} pixels; at most ${maxPixels} pixels are accepted.`;
    throw badInput("input.data", message, maxPixels, { max: maxPixels, unit: "pixels" });
  }
  if ("longerSide" in fit) return picture.decode(fitLongerSide(picture.size, fit.longerSide), "fill");
  return picture.decode(fit, "cover");
}

/** Size of an encoded picture after its EXIF orientation, px. @throws AtelierError BAD_INPUT for undecodable bytes. */
export async function uprightSize(bytes: Uint8Array): Promise<PictureSize> {
  return (await openPicture(bytes)).size;
}

/**
 * Converts float planes (3 x H x W, 0..1) to interleaved RGB bytes (H x W x 3), rounded to the nearest of 256 levels.
 */
export function toInterleaved(planes: Planes): Uint8Array {
  const area = planes.width * planes.height;
  // A clamped array rounds to the nearest, halves to even, and clamps to 0..255 by itself.
  const bytes = new Uint8ClampedArray(area * 3);
  for (let channel = 0; channel < 3; channel++) {
    for (let pixel = 0, from = channel * area, to = channel; pixel < area; pixel++, from++, to += 3) {
      bytes[to] = planes.data[from]! * 255;
    }
  }
  return new Uint8Array(bytes.buffer);
}

/** Converts interleaved RGB bytes (H x W x 3) to float planes (3 x H x W, 0..1). */
function fromInterleaved({ width, height, data: bytes }: Pixels): Planes {
  const area = width * height;
  const data = new Float32Array(area * 3);
  for (let channel = 0; channel < 3; channel++) {
    for (let pixel = 0, to = channel * area, from = channel; pixel < area; pixel++, to++, from += 3) {
      data[to] = bytes[from]! / 255;
    }
  }
  return { width, height, data };
}
