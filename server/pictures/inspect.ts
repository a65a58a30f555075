import sharp from "sharp";
import { badInput, beyondLimit } from "../errors.js";
import { decodingOptions, openPicture, type Size } from "./decode.js";
import { pictureType } from "./format.js";
import { isHalfThere } from "./jpeg-parts.js";
import { undecodable } from "./undecodable.js";

/** Limits of the size of a picture. */
export interface PictureLimits {
  /** Width times height. */
  maxImagePixels: number;
  /** Width times height of a JPEG, which is shrunk while it is loaded. */
  maxJpegPixels: number;
  /** Shortest side, px. */
  minImageSide: number;
}

/** Longest side of the copy that is decoded to see whether painting will be able to decode the picture, px. */
const SAMPLE_SIDE = 64;

/**
 * Decodes the whole picture to check it, and keeps nothing of it. Returns its size after EXIF orientation, px. The size
 * is read from the header first, so that a small file that decodes to an enormous picture costs nothing.
 * @throws AtelierError LIMIT for too many pixels, BAD_INPUT for a picture that is too small or cannot be decoded.
 */
export async function inspectPicture(bytes: Uint8Array, limits: PictureLimits): Promise<Size> {
  const picture = await openPicture(bytes);
  const { width, height } = picture.size;
  const isJpeg = pictureType(bytes) === "image/jpeg";
  const max = isJpeg ? limits.maxJpegPixels : limits.maxImagePixels;
  if (width * height > max) {
    const message = `The picture has ${width} x ${height} pixels; at most ${max} pixels are accepted${isJpeg ? "" : ` (in a JPEG, ${limits.maxJpegPixels})`}.`;
    throw beyondLimit(message, max, { field: "file", unit: "pixels", limitName: isJpeg ? "jpegPixels" : "pixels" });
  }
  const min = limits.minImageSide;
  if (Math.min(width, height) < min) {
    const message = `The picture has ${width} x ${height} pixels; each side must have at least ${min}.`;
    throw badInput("file", message, min, { min, unit: "px" });
  }
  await decodeWhole(bytes).catch(async (error: unknown) => {
    // A JPEG that breaks off is shown as far as it goes, and some TIFFs are read by our own reader alone.
    if (isJpeg ? !(await isHalfThere(bytes)) : pictureType(bytes) !== "image/tiff") {
      throw undecodable("The picture is damaged or cut off.", error);
    }
  });
  const scale = SAMPLE_SIDE / Math.max(width, height, SAMPLE_SIDE);
  await picture.decode({ width: Math.max(1, Math.round(width * scale)), height: Math.max(1, Math.round(height * scale)) }, "fill");
  return { width, height };
}

/** Reads every pixel, and keeps none. @throws Error for damaged pixels. */
async function decodeWhole(bytes: Uint8Array): Promise<void> {
  const { page = 0 } = decodingOptions(bytes);
  await sharp(bytes, { limitInputPixels: false, failOn: "error", sequentialRead: true, page })
    // The one pixel of the result averages over all others, so the decoder has to deliver them all.
    .resize(1, 1, { fit: "fill", kernel: "linear" })
    .raw()
    .toBuffer();
}
