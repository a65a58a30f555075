import { pictureType } from "./format.js";
import { readTiff, tiffTags } from "./tiff-directory.js";

/**
 * The same picture without what says where, when and by whom it was taken: EXIF, XMP, IPTC, comments, embedded previews
 * and whatever follows the picture in its file. Pixels, colour profile and animation stay as they are, to the byte.
 * Null where that is not possible, because EXIF says that the picture is to be turned, or because the file is of another
 * format than JPEG, PNG, WebP and GIF, or damaged: such a picture must be encoded anew.
 */
export function withoutMetadata(bytes: Uint8Array): Uint8Array | null {
  const file = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const type = pictureType(bytes);
  const bare = type === null ? undefined : bareParts[type];
  try {
    const parts = bare?.(file) ?? null;
    return parts && Buffer.concat(parts);
  } catch (error) {
    // A length that leads beyond the end of the file.
    if (error instanceof RangeError) return null;
    throw error;
  }
}

/** By media type, the parts of a file that stay; null for a file that must be encoded anew. */
const bareParts: Partial<Record<string, (file: Buffer) => Buffer[] | null>> = {
  "image/jpeg": jpegParts,
  "image/png": pngParts,
  "image/webp": webpParts,
  "image/gif": gifParts,
};

/** Whether EXIF leaves a picture as it is stored; false also where it cannot be read. */
function isUpright(exif: Buffer): boolean {
  const tiff = readTiff(exif.toString("latin1", 0, 6) === "Exif\0\0" ? exif.subarray(6) : exif);
  return tiff !== null && (tiff.pages[0]?.get(tiffTags.orientation)?.[0] ?? 1) === 1;
}

/** Markers of ITU-T T.81 table B.1. */
const [END_OF_IMAGE, START_OF_SCAN, COMMENT] = [0xd9, 0xda, 0xfe];
const [APP0, APP1, APP2, APP14, APP15] = [0xe0, 0xe1, 0xe2, 0xee, 0xef];
const isRestart = (marker: number) => marker >= 0xd0 && marker <= 0xd7;

function jpegParts(file: Buffer): Buffer[] | null {
  const parts = [file.subarray(0, 2)];
  for (let at = 2; at + 4 <= file.length; ) {
    const marker = file.readUInt8(at + 1);
    if (file[at] !== 0xff) return null;
    if (marker === 0xff) {
      at++;
      continue;
    }
    if (marker === END_OF_IMAGE) break;
    const bodyEnd = at + 2 + file.readUInt16BE(at + 2);
    if (bodyEnd > file.length || bodyEnd < at + 4) return null;
    const body = file.subarray(at + 4, bodyEnd);
    if (marker === APP1 && startsWith(body, "Exif\0\0") && !isUpright(body)) return null;
    const end = marker === START_OF_SCAN ? endOfScan(file, bodyEnd) : bodyEnd;
    if (marker === APP0 && startsWith(body, "JFIF\0") && body.length >= 14) parts.push(withoutPreview(body));
    else if (staysInJpeg(marker, body)) parts.push(file.subarray(at, end));
    at = end;
  }
  return [...parts, Buffer.from([0xff, END_OF_IMAGE])];
}

/** Colour profiles, and the segment of Adobe that says which colour model the samples are in. */
function staysInJpeg(marker: number, body: Buffer): boolean {
  if (marker === APP2) return startsWith(body, "ICC_PROFILE\0");
  if (marker === APP14) return startsWith(body, "Adobe");
  return marker !== COMMENT && (marker < APP0 || marker > APP15);
}

/** The segment JFIF with the size of its pixels, without the preview that may follow. */
function withoutPreview(body: Buffer): Buffer {
  return Buffer.concat([Buffer.from([0xff, APP0, 0, 16]), body.subarray(0, 12), Buffer.from([0, 0])]);
}

/** Where the next marker stands after the data of a scan; the end of a file that breaks off. */
function endOfScan(file: Buffer, from: number): number {
  for (let at = file.indexOf(0xff, from); at >= 0 && at + 1 < file.length; at = file.indexOf(0xff, at + 1)) {
    const marker = file.readUInt8(at + 1);
    if (marker !== 0 && marker !== 0xff && !isRestart(marker)) return at;
  }
  return file.length;
}

/** Chunks that the look of a PNG depends on, with those of animations. */
const pngChunks = new Set(
  "IHDR PLTE IDAT IEND tRNS cHRM gAMA iCCP sBIT sRGB cICP mDCV mDCv cLLI cLLi bKGD pHYs hIST sPLT acTL fcTL fdAT".split(" "),
);

function pngParts(file: Buffer): Buffer[] | null {
  const parts = [file.subarray(0, 8)];
  for (let at = 8; at < file.length; ) {
    const type = file.toString("latin1", at + 4, at + 8);
    const end = at + 12 + file.readUInt32BE(at);
    if (end > file.length) return null;
    if (type === "eXIf" && !isUpright(file.subarray(at + 8, end - 4))) return null;
    if (pngChunks.has(type)) parts.push(file.subarray(at, end));
    if (type === "IEND") return parts;
    at = end;
  }
  return null;
}

const webpChunks = new Set(["VP8X", "VP8 ", "VP8L", "ALPH", "ANIM", "ANMF", "ICCP"]);
/** Flags of the chunk VP8X that announce EXIF and XMP. */
const WEBP_METADATA = 0x08 | 0x04;

function webpParts(file: Buffer): Buffer[] | null {
  const parts: Buffer[] = [];
  const fileEnd = 8 + file.readUInt32LE(4);
  if (fileEnd > file.length) return null;
  for (let at = 12; at + 8 <= fileEnd; ) {
    const type = file.toString("latin1", at, at + 4);
    const length = file.readUInt32LE(at + 4);
    const end = at + 8 + length + (length % 2);
    if (end > fileEnd) return null;
    if (type === "EXIF" && !isUpright(file.subarray(at + 8, at + 8 + length))) return null;
    if (webpChunks.has(type)) parts.push(type === "VP8X" ? withoutFlags(file.subarray(at, end)) : file.subarray(at, end));
    at = end;
  }
  const header = Buffer.from(file.subarray(0, 12));
  header.writeUInt32LE(4 + parts.reduce((sum, { length }) => sum + length, 0), 4);
  return [header, ...parts];
}

function withoutFlags(chunk: Buffer): Buffer {
  const changed = Buffer.from(chunk);
  changed.writeUInt8(changed.readUInt8(8) & ~WEBP_METADATA, 8);
  return changed;
}

/** Blocks of GIF89a. */
const [EXTENSION, IMAGE, TRAILER] = [0x21, 0x2c, 0x3b];
const [GRAPHIC_CONTROL, APPLICATION] = [0xf9, 0xff];
/** Applications whose extension repeats an animation or holds a colour profile. */
const gifApplications = ["NETSCAPE2.0", "ANIMEXTS1.0", "ICCRGBG1012"];

function gifParts(file: Buffer): Buffer[] | null {
  const tableBytes = (flags: number) => (flags & 0x80 ? 3 * 2 ** ((flags & 7) + 1) : 0);
  let at = 13 + tableBytes(file.readUInt8(10));
  const parts = [file.subarray(0, at)];
  while (file.readUInt8(at) !== TRAILER) {
    const [block, label] = [file.readUInt8(at), file.readUInt8(at + 1)];
    if (block !== EXTENSION && block !== IMAGE) return null;
    const data = block === EXTENSION ? at + 2 : at + 11 + tableBytes(file.readUInt8(at + 9));
    const end = endOfSubBlocks(file, data);
    const application = file.toString("latin1", at + 3, at + 14);
    const stays = block === IMAGE || label === GRAPHIC_CONTROL || (label === APPLICATION && gifApplications.includes(application));
    if (stays) parts.push(file.subarray(at, end));
    at = end;
  }
  return [...parts, Buffer.from([TRAILER])];
}

/** Each sub-block begins with its length; an empty one is the last. */
function endOfSubBlocks(file: Buffer, from: number): number {
  let at = from;
  for (let length = file.readUInt8(at); length > 0; length = file.readUInt8(at)) at += 1 + length;
  return at + 1;
}

function startsWith(body: Buffer, text: string): boolean {
  return body.toString("latin1", 0, text.length) === text;
}
