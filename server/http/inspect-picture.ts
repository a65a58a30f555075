import sharp from "sharp";
import { decodingOptions, openPicture } from "../pictures/decode.js";
import { foreignFormat, type PictureType, pictureType } from "../pictures/format.js";
import { isHalfThere } from "../pictures/jpeg-parts.js";
import { HttpError } from "./errors.js";

/** Limits of an uploaded picture. */
export interface PictureLimits {
  /** Size of the encoded picture. */
  maxUploadBytes: number;
  /** Width times height. */
  maxImagePixels: number;
  /** Shortest side, px. */
  minImageSide: number;
}

/** Type and size of an upload; width and height in px, after EXIF orientation. */
export interface InspectedPicture {
  width: number;
  height: number;
  mimeType: PictureType;
}

/** Formats that are accepted, for people. */
const ACCEPTED = "JPEG, PNG, WebP, GIF, AVIF, TIFF";

/** Longest time that a decoder may take, s. */
const DECODE_TIMEOUT = 60;

/**
 * Decodes the whole picture to check it, and keeps nothing of it. The size is read from the header first, so that a
 * small file that decodes to an enormous picture costs nothing.
 * @throws HttpError 400 for no bytes, 415 for another format, 413 LIMIT for too many pixels, 422 for a picture that is
 * too small or cannot be decoded.
 */
export async function inspectPicture(bytes: Uint8Array, limits: PictureLimits): Promise<InspectedPicture> {
  if (bytes.byteLength === 0) throw new HttpError(400, "BAD_INPUT", "The upload is empty.", { field: "file" });
  const mimeType = pictureType(bytes);
  if (!mimeType) {
    const found = foreignFormat(bytes);
    const what = found ? `a ${found} file` : "not a picture that the server knows";
    const message = `The upload is ${what}. Save it as one of ${ACCEPTED}, and upload that.`;
    throw new HttpError(415, "BAD_INPUT", message, { field: "file", limit: ACCEPTED });
  }
  const picture = await decoded(openPicture(bytes));
  const { width, height } = picture.size;
  if (width * height > limits.maxImagePixels) {
    const message = `The picture has ${width} x ${height} pixels; at most ${limits.maxImagePixels} pixels are accepted.`;
    throw new HttpError(413, "LIMIT", message, { field: "file", limit: limits.maxImagePixels });
  }
  if (Math.min(width, height) < limits.minImageSide) {
    const message = `The picture has ${width} x ${height} pixels; each side must have at least ${limits.minImageSide}.`;
    throw new HttpError(422, "BAD_INPUT", message, { field: "file", limit: limits.minImageSide });
  }
  await decoded(
    decodeWhole(bytes, limits).catch(async (error: unknown) => {
      // A JPEG that breaks off is shown as far as it goes, and some TIFFs are read by our own reader alone.
      if (mimeType === "image/jpeg" ? !(await isHalfThere(bytes)) : mimeType !== "image/tiff") throw error;
      await picture.decode({ width: 1, height: 1 }, "fill");
    }),
  );
  return { width, height, mimeType };
}

/** Decodes every pixel, and keeps none. @throws Error for damaged pixels. */
async function decodeWhole(bytes: Uint8Array, { maxImagePixels }: PictureLimits): Promise<void> {
  const { page = 0 } = decodingOptions(bytes);
  await sharp(bytes, { limitInputPixels: maxImagePixels, failOn: "error", sequentialRead: true, page })
    .timeout({ seconds: DECODE_TIMEOUT })
    // The one pixel of the result averages over all others, so the decoder has to deliver them all.
    .resize(1, 1, { fit: "fill", kernel: "linear", fastShrinkOnLoad: false })
    .raw()
    .toBuffer();
}

/** @throws HttpError 422 when the work fails */
async function decoded<Result>(work: Promise<Result>): Promise<Result> {
  try {
    return await work;
  } catch (error) {
    throw new HttpError(422, "BAD_INPUT", "The picture is damaged or cut off.", { field: "file" }, { cause: error });
  }
}
