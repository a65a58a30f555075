import sharp from "sharp";
import type { Trace } from "../sessions/trace/write.js";
import { TRACE_KEYWORD, withText } from "./png-text.js";
import { xmpWithTrace } from "./xmp.js";

/** JPEG and WebP quality of exported stills: no difference from the painting is visible. */
const QUALITY = 92;

/** Media types of exported stills, by the ending of their file. */
export const stillTypes = { png: "image/png", jpg: "image/jpeg", webp: "image/webp" } as const;
export type StillFormat = keyof typeof stillTypes;

/** Least size of an exported still, px. */
export const MIN_STILL_SIZE = 16;

/**
 * Encodes a picture as a still. `size` shrinks its longer side to that many px; null keeps it. The settings that `trace`
 * describes go along: in a text chunk of a PNG, in the XMP of a JPEG or WebP. XMP is short; a trace that does not fit
 * loses its loss curve, and one with some thousand changes stays out.
 */
export async function encodeStill(
  picture: { bytes: Uint8Array; mimeType: string },
  { format, size }: { format: StillFormat; size: number | null },
  trace: Trace | null,
): Promise<Uint8Array> {
  const { bytes, mimeType } = picture;
  const image = sharp(bytes);
  if (size !== null) image.resize({ width: size, height: size, fit: "inside" });
  if (format === "png") {
    const png = mimeType === stillTypes.png && size === null ? bytes : await image.png().toBuffer();
    return trace ? withText(png, TRACE_KEYWORD, JSON.stringify(trace)) : png;
  }
  const xmp = trace && (xmpWithTrace(JSON.stringify(trace)) ?? xmpWithTrace(JSON.stringify({ ...trace, losses: [] })));
  if (xmp) image.withXmp(xmp);
  const encoded = format === "jpg" ? image.jpeg({ quality: QUALITY, chromaSubsampling: "4:4:4" }) : image.webp({ quality: QUALITY });
  return encoded.toBuffer();
}
