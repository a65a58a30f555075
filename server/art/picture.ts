import sharp, { type Metadata, type SharpOptions } from "sharp";
import { AtelierError } from "../errors.js";
import type { Pixels, Planes } from "./painter.js";
import { fitLongerSide, type PictureSize } from "./scales.js";

/** As for uploads: damaged pixels are an error, warnings are not. */
const decoding: SharpOptions = { failOn: "error" };

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
 * Decodes JPEG, PNG, WebP, GIF (first frame), AVIF or TIFF to sRGB bytes (H x W x 3). Applies the EXIF orientation,
 * lays alpha on white, and converts greyscale, CMYK and 16 bits.
 * @throws AtelierError BAD_INPUT when the bytes cannot be decoded.
 */
export async function decodePixels(bytes: Uint8Array, fit: PictureFit): Promise<Pixels> {
  try {
    const metadata = await sharp(bytes, decoding).metadata();
    const size = "longerSide" in fit ? fitLongerSide(metadata.autoOrient, fit.longerSide) : fit;
    if (isPlain(metadata, size)) return { ...size, data: await sharp(bytes, decoding).raw().toBuffer() };
    const { data, info } = await sharp(bytes, decoding)
      .autoOrient()
      .flatten({ background: "white" })
      .resize({ ...size, fit: "longerSide" in fit ? "fill" : "cover", kernel: "lanczos3" })
      .toColourspace("srgb")
      .removeAlpha()
      .raw({ depth: "uchar" })
      .toBuffer({ resolveWithObject: true });
    return { width: info.width, height: info.height, data };
  } catch (error) {
    throw undecodable(error);
  }
}

/**
 * Whether the picture decodes to the wanted pixels without any conversion. Live pictures do, and the conversions would
 * take twice as long as the decoding.
 */
function isPlain({ width, height, space, depth, channels, orientation = 1, hasProfile }: Metadata, size: PictureSize): boolean {
  const isUpright = orientation === 1 && width === size.width && height === size.height;
  return isUpright && space === "srgb" && depth === "uchar" && channels === 3 && !hasProfile;
}

/** Size of an encoded picture after its EXIF orientation, px. @throws AtelierError BAD_INPUT for undecodable bytes. */
export async function uprightSize(bytes: Uint8Array): Promise<PictureSize> {
  try {
    const { autoOrient } = await sharp(bytes, decoding).metadata();
    return { width: autoOrient.width, height: autoOrient.height };
  } catch (error) {
    throw undecodable(error);
  }
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

function undecodable(cause: unknown): AtelierError {
  return new AtelierError("BAD_INPUT", "The picture cannot be decoded.", {}, { cause });
}
