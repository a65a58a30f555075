/** Media types of the pictures that the server accepts. */
export const pictureTypes = ["image/jpeg", "image/png", "image/webp", "image/gif", "image/avif", "image/tiff"] as const;
export type PictureType = (typeof pictureTypes)[number];

/** First bytes of a file of each type, as Latin-1. */
const SIGNATURES: [PictureType, string[]][] = [
  ["image/jpeg", ["\xff\xd8\xff"]],
  ["image/png", ["\x89PNG\r\n\x1a\n"]],
  ["image/gif", ["GIF87a", "GIF89a"]],
  ["image/tiff", ["II*\0", "MM\0*", "II+\0", "MM\0+"]],
];

/**
 * The type of a picture by its first bytes, whatever the client claims; null for a type that the server does not
 * accept.
 */
export function pictureType(bytes: Uint8Array): PictureType | null {
  const start = Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(bytes.byteLength, 512)).toString("latin1");
  if (start.startsWith("RIFF") && start.startsWith("WEBP", 8)) return "image/webp";
  if (start.startsWith("ftyp", 4)) return hasBrand(start, ["avif", "avis"]) ? "image/avif" : null;
  return SIGNATURES.find(([, signatures]) => signatures.some((signature) => start.startsWith(signature)))?.[0] ?? null;
}

/**
 * Whether the file type box names one of these brands. The box holds its length, "ftyp", the major brand, a version and
 * the compatible brands, four bytes each (ISO/IEC 14496-12).
 */
function hasBrand(start: string, names: readonly string[]): boolean {
  if (!start.startsWith("ftyp", 4)) return false;
  const end = Math.min(start.length, Buffer.from(start.slice(0, 4), "latin1").readUInt32BE());
  for (let at = 8; at + 4 <= end; at += 4) {
    if (at !== 12 && names.includes(start.slice(at, at + 4))) return true;
  }
  return false;
}

/** Brands of pictures that are compressed with HEVC, as by phones. */
const HEIC_BRANDS = ["heic", "heix", "heim", "heis", "hevc", "hevx", "mif1", "msf1"];

/** First bytes of common formats that are not accepted, as Latin-1. */
const FOREIGN: [string, string[]][] = [
  ["BMP", ["BM"]],
  ["JPEG 2000", ["\0\0\0\x0cjP  \r\n\x87\n", "\xff\x4f\xff\x51"]],
  ["JPEG XL", ["\0\0\0\x0cJXL \r\n\x87\n", "\xff\x0a"]],
  ["PDF", ["%PDF-"]],
  ["Photoshop", ["8BPS"]],
  ["OpenEXR", ["v/1\x01"]],
  ["ICO", ["\0\0\x01\0"]],
];

/** The name of a format that is not accepted, by its first bytes; null for an unknown one. */
export function foreignFormat(bytes: Uint8Array): string | null {
  const start = Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(bytes.byteLength, 512)).toString("latin1");
  if (hasBrand(start, HEIC_BRANDS)) return "HEIC";
  if (start.startsWith("ftyp", 4)) return "video";
  if (/<svg/i.test(start)) return "SVG";
  return FOREIGN.find(([, signatures]) => signatures.some((signature) => start.startsWith(signature)))?.[0] ?? null;
}
