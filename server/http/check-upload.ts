import { AtelierError } from "../errors.js";
import type { PictureDecoder } from "../pictures/decoder.js";
import { foreignFormat, type PictureType, pictureType } from "../pictures/format.js";
import type { PictureLimits } from "../pictures/inspect.js";
import { HttpError } from "./errors.js";

export interface UploadLimits extends PictureLimits {
  /** Size of the encoded picture. */
  maxUploadBytes: number;
}

/** Formats that are accepted, for people. */
const formats = ["JPEG", "PNG", "WebP", "GIF", "AVIF", "TIFF"];

/**
 * Checks that an upload is a picture that can be painted. Returns its size after EXIF orientation, px, and its type.
 * @throws HttpError 400 for no bytes, 415 for another format, 413 LIMIT for too many pixels or too much work, 422 for a
 * picture that is too small or cannot be decoded.
 */
export async function checkUpload(
  bytes: Uint8Array,
  limits: PictureLimits,
  decoder: Pick<PictureDecoder, "inspect">,
): Promise<{ width: number; height: number; mimeType: PictureType }> {
  if (bytes.byteLength === 0) {
    throw new HttpError(400, "BAD_INPUT", "The upload is empty.", { field: "file", limit: 1, min: 1, unit: "bytes" });
  }
  const mimeType = pictureType(bytes);
  if (!mimeType) {
    const found = foreignFormat(bytes);
    const what = found ? `a ${found} file` : "not a picture that the server knows";
    const limit = formats.join(", ");
    const message = `The upload is ${what}. Save it as one of ${limit}, and upload that.`;
    throw new HttpError(415, "BAD_INPUT", message, { field: "file", limit, allowed: formats });
  }
  try {
    return { ...(await decoder.inspect(bytes, limits)), mimeType };
  } catch (error) {
    if (!(error instanceof AtelierError && (error.code === "BAD_INPUT" || error.code === "LIMIT"))) throw error;
    const { code, message, detail } = error;
    throw new HttpError(code === "LIMIT" ? 413 : 422, code, message, { ...detail, field: "file" }, { cause: error });
  }
}
