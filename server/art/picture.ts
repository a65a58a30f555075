import sharp, { type Metadata, type SharpOptions } from "sharp";
import { AtelierError } from "../errors.js";
import type { Pixels, Planes } from "./painter.js";
import { fitLongerSide, type PictureSize } from "./scales.js";

/** What an upload was accepted with: damaged pixels are an error, mere warnings are not. */
const tolerant: SharpOptions = { failOn: "error" };

/** How `decodePicture` makes the picture fit: its longer side in px, or both sides exactly (cropped around the centre). */
export type PictureFit = { longerSide: number } | PictureSize;

/** `decodePixels` as float planes, RGB 0..1. @throws AtelierError BAD_INPUT when the bytes cannot be decoded. */
export async function decodePicture(bytes: Uint8Array, fit: PictureFit): Promise<Planes> {
  return fromInterleaved(await decodePixels(bytes, fit));
}

/**
 * Decodes JPEG, PNG, WebP, GIF (first frame), AVIF or TIFF to RGB bytes in sRGB: EXIF orientation applied, alpha laid on
 * white, greyscale, CMYK and 16 bit converted.
 * @throws AtelierError BAD_INPUT when the bytes cannot be decoded.
 */
export async function decodePixels(bytes: Uint8Array, fit: PictureFit): Promise<Pixels> {
  try {
    const metadata = await sharp(bytes, tolerant).metadata();
    const size = "longerSide" in fit ? fitLongerSide(metadata.autoOrient, fit.longerSide) : fit;
    if (isPlain(metadata, size)) return { ...size, data: await sharp(bytes, tolerant).raw().toBuffer() };
    const { data, info } = await sharp(bytes, tolerant)
      .autoOrient()
      .flatten({ background: "white" })
      .resize({ ...size, fit: "longerSide" in fit ? "fill" : "cover", kernel: "lanczos3" })
      .toColourspace("srgb")
      .removeAlpha()
      .raw({ depth: "uchar" })
      .toBuffer({ resolveWithObject: true });
    return { width: info.width, height: info.height, data };
  } catch (error) {
    throw error instanceof AtelierError ? error : undecodable(error);
  }
}

/** Whether the picture holds the pixels that are wanted as they are; live ones do, and all the rest takes twice as long as their decoding. */
function isPlain({ width, height, space, depth, channels, orientation = 1, hasProfile }: Metadata, size: PictureSize): boolean {
  const isUpright = orientation === 1 && width === size.width && height === size.height;
  return isUpright && space === "srgb" && depth === "uchar" && channels === 3 && !hasProfile;
}

/** Size of an encoded picture in px, EXIF orientation applied. @throws AtelierError BAD_INPUT when the bytes are no picture. */
export async function uprightSize(bytes: Uint8Array): Promise<PictureSize> {
  try {
    const { autoOrient } = await sharp(bytes, tolerant).metadata();
    return { width: autoOrient.width, height: autoOrient.height };
  } catch (error) {
    throw undecodable(error);
  }
}

/** Float planes 3 x H x W, 0..1, as interleaved RGB bytes (H x W x 3), rounded to the nearest of 256 levels. */
export function toInterleaved(planes: Planes): Uint8Array {
  const area = planes.width * planes.height;
  // A clamped array rounds to the nearest, halves to even, and keeps values within 0..255 by itself.
  const bytes = new Uint8ClampedArray(area * 3);
  for (let channel = 0; channel < 3; channel++) {
    for (let pixel = 0, from = channel * area, to = channel; pixel < area; pixel++, from++, to += 3) {
      bytes[to] = planes.data[from]! * 255;
    }
  }
  return new Uint8Array(bytes.buffer);
}

/** Interleaved RGB bytes (H x W x 3) as float planes 3 x H x W, 0..1. */
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
