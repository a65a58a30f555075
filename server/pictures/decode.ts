import sharp, { type Metadata, type Sharp, type SharpOptions } from "sharp";
import { AtelierError } from "../errors.js";
import { type ColourSpace, gammaCurve, srgbCurve, srgbWith } from "./colour-space.js";
import { labToSrgbBytes, toSrgbBytes } from "./convert-colours.js";
import { pictureType } from "./format.js";
import { heifSpace } from "./heif-colours.js";
import { profileModel, profileSpace } from "./icc.js";
import { withoutBrokenSegment } from "./jpeg-parts.js";
import { pngSpace } from "./png-colours.js";
import { largestPage, readTiff } from "./tiff-directory.js";
import { needsOwnReader, readSamples, type Samples, sizeOfPage } from "./tiff-samples.js";
import { undecodable } from "./undecodable.js";
import { wideTiff } from "./wide-tiff.js";

/** Width and height, px. */
export interface Size {
  width: number;
  height: number;
}

/** `fill` changes the shape of a picture, `cover` crops it around the centre. */
export type Fit = "fill" | "cover";

/** Interleaved bytes of sRGB (H x W x 3). */
export interface SrgbPixels extends Size {
  data: Uint8Array;
}

/** An encoded picture whose header has been read. */
export interface OpenedPicture {
  /** Size after its orientation. */
  size: Size;
  /** Decodes to `size` in sRGB, with alpha on white. @throws AtelierError BAD_INPUT for pixels that cannot be decoded. */
  decode(size: Size, fit: Fit): Promise<SrgbPixels>;
}

/**
 * Opens a JPEG, PNG, WebP, GIF (first frame), AVIF or TIFF (largest page).
 * @throws AtelierError BAD_INPUT when the bytes cannot be read.
 */
export async function openPicture(bytes: Uint8Array): Promise<OpenedPicture> {
  try {
    const { size, decode } = await open(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength));
    return { size, decode: (to, fit) => decode(to, fit).catch(fail) };
  } catch (error) {
    return fail(error);
  }
}

function fail(error: unknown): never {
  throw error instanceof AtelierError ? error : undecodable(undefined, error);
}

/** A JPEG is shown as far as it goes, as browsers do. In other formats damaged pixels are an error, warnings are not. */
export function decodingOptions(bytes: Uint8Array): SharpOptions {
  const type = pictureType(bytes);
  const tiff = type === "image/tiff" ? readTiff(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)) : null;
  const page = tiff ? largestPage(tiff) : 0;
  return { failOn: type === "image/jpeg" ? "none" : "error", ...(page > 0 ? { page } : {}) };
}

async function open(bytes: Buffer): Promise<OpenedPicture> {
  const type = pictureType(bytes);
  const tiff = type === "image/tiff" ? readTiff(bytes) : null;
  const index = tiff ? largestPage(tiff) : 0;
  const page = tiff?.pages[index];
  if (tiff && page && needsOwnReader(page)) {
    return { size: sizeOfPage(page), decode: async (size, fit) => fromSamples(readSamples(bytes, tiff, index), size, fit) };
  }
  const options = decodingOptions(bytes);
  // Only the header is read, and the caller has limits of its own.
  const metadata = await sharp(bytes, { ...options, limitInputPixels: false }).metadata();
  const { width, height } = metadata.autoOrient;
  const declared = type === "image/png" ? pngSpace(bytes) : type === "image/avif" && !metadata.icc ? heifSpace(bytes) : "profile";
  const decode = (readable: Buffer, size: Size, fit: Fit) => fromFile({ bytes: readable, options, metadata, declared }, size, fit);
  return {
    size: { width, height },
    decode: async (size, fit) => {
      try {
        return await decode(bytes, size, fit);
      } catch (error) {
        const readable = type === "image/jpeg" ? withoutBrokenSegment(bytes) : bytes;
        if (readable === bytes) throw error;
        return decode(Buffer.from(readable), size, fit);
      }
    },
  };
}

interface ReadableFile {
  bytes: Buffer;
  options: SharpOptions;
  metadata: Metadata;
  /** The colours that the file declares; null for sRGB. */
  declared: ColourSpace | "profile" | null;
}

/** Decodes a file that libvips reads. */
async function fromFile({ bytes, options, metadata, declared }: ReadableFile, size: Size, fit: Fit): Promise<SrgbPixels> {
  const isWide = metadata.depth !== "uchar";
  const icc = declared === "profile" && metadata.icc && fits(metadata.icc, metadata.space) ? metadata.icc : null;
  const ofProfile = icc && !["cmyk", "lab", "labs"].includes(metadata.space ?? "") ? profileSpace(icc) : null;
  const space = declared === "profile" ? ofProfile : declared;
  if (space || (isWide && !icc && metadata.hasAlpha && metadata.space !== "cmyk")) {
    // The colours are converted here, from the values in the file.
    const file = shaped(sharp(bytes, { ...options, ignoreIcc: true }), size, fit);
    const words = await (isWide ? inWords(file) : inWidenedBytes(file));
    return { width: words.width, height: words.height, data: toSrgbBytes(words.data, space ?? srgbWith(srgbCurve)) };
  }
  if (isWide && icc && metadata.space === "rgb16") {
    // libvips turns RGB of 16 bits with a profile into Display P3 unless an output profile is asked for.
    const words = await inWords(shaped(sharp(bytes, options), size, fit).withIccProfile("srgb"));
    return { width: words.width, height: words.height, data: toSrgbBytes(words.data, srgbWith(srgbCurve)) };
  }
  if (isPlain(metadata, size) && !metadata.hasProfile) return { ...size, data: await sharp(bytes, options).raw().toBuffer() };
  // A profile of another colour model is ignored, as by browsers; libvips takes the usual one for CMYK itself.
  const ignoreIcc = !icc && metadata.space !== "cmyk";
  const { data, info } = await shaped(sharp(bytes, { ...options, ignoreIcc }), size, fit, "white")
    .toColourspace("srgb")
    .removeAlpha()
    .raw({ depth: "uchar" })
    .toBuffer({ resolveWithObject: true });
  return { width: info.width, height: info.height, data };
}

/**
 * Whether the picture decodes to the wanted pixels without any conversion. Live pictures do, and the conversions would
 * take twice as long as the decoding.
 */
function isPlain({ width, height, space, depth, channels, orientation = 1 }: Metadata, size: Size): boolean {
  const isUpright = orientation === 1 && width === size.width && height === size.height;
  return isUpright && space === "srgb" && depth === "uchar" && channels === 3;
}

/** Whether a profile describes values of the picture's colour model. */
function fits(icc: Buffer, space: string | undefined): boolean {
  const model = profileModel(icc);
  if (space === "cmyk") return model === "CMYK";
  return space === "b-w" || space === "grey16" || space === "grey" ? model === "GRAY" : model === "RGB";
}

/** Decodes samples that were read here. */
async function fromSamples(samples: Samples, size: Size, fit: Fit): Promise<SrgbPixels> {
  const { width, height, channels, model, data, linear } = samples;
  const raw = () =>
    shaped(sharp(data, { raw: { width, height, channels: channels as 1 | 2 | 3 | 4 }, limitInputPixels: false }), size, fit);
  if (model === "lab") {
    const words = await inWords(raw(), [65_535, 32_768, 32_768]);
    return { width: words.width, height: words.height, data: labToSrgbBytes(words.data) };
  }
  const icc = samples.icc && fits(samples.icc, model) ? samples.icc : null;
  const space = icc ? profileSpace(icc) : srgbWith(linear ? gammaCurve(1) : srgbCurve);
  if (model === "cmyk" || !space) return (await open(wideTiff({ ...samples, model, icc }))).decode(size, fit);
  const words = await inWords(raw());
  return { width: words.width, height: words.height, data: toSrgbBytes(words.data, space) };
}

/** Turns the picture upright, lays alpha on a background where one is given, and brings it to the size. */
function shaped(picture: Sharp, size: Size, fit: Fit, background?: string): Sharp {
  const upright = picture.autoOrient();
  return (background ? upright.flatten({ background }) : upright).resize({ ...size, fit, kernel: "lanczos3" });
}

interface Words extends Size {
  /** Interleaved RGB of 16 bits. */
  data: Uint16Array;
}

async function inWords(picture: Sharp, white?: readonly [number, number, number]): Promise<Words> {
  const { data, info } = await picture.toColourspace("rgb16").raw({ depth: "ushort" }).toBuffer({ resolveWithObject: true });
  const words = new Uint16Array(data.buffer.slice(data.byteOffset, data.byteOffset + data.byteLength));
  return { width: info.width, height: info.height, data: onWhite(words, info.channels, white) };
}

/** Spreads bytes over 16 bits, which libvips would shift and so darken. */
async function inWidenedBytes(picture: Sharp): Promise<Words> {
  const { data, info } = await picture.toColourspace("srgb").raw({ depth: "uchar" }).toBuffer({ resolveWithObject: true });
  const words = Uint16Array.from(data, (byte) => 257 * byte);
  return { width: info.width, height: info.height, data: onWhite(words, info.channels) };
}

/** Lays alpha on white, and makes three channels of grey. The white of libvips is 65280 of 65535. */
function onWhite(words: Uint16Array, channels: number, white: readonly number[] = [65_535, 65_535, 65_535]): Uint16Array {
  if (channels === 3) return words;
  const colours = channels >= 3 ? 3 : 1;
  const rgb = new Uint16Array((words.length / channels) * 3);
  for (let from = 0, to = 0; from < words.length; from += channels, to += 3) {
    const alpha = channels > colours ? words[from + colours]! / 65_535 : 1;
    for (let i = 0; i < 3; i++) {
      const value = words[from + (colours === 3 ? i : 0)]!;
      rgb[to + i] = Math.round(alpha * value + (1 - alpha) * white[i]!);
    }
  }
  return rgb;
}
