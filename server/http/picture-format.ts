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
  if (start.startsWith("ftyp", 4)) return hasAvifBrand(start) ? "image/avif" : null;
  return SIGNATURES.find(([, signatures]) => signatures.some((signature) => start.startsWith(signature)))?.[0] ?? null;
}

/**
 * Whether the file type box names the brand "avif". The box holds its length, "ftyp", the major brand, a version and
 * the compatible brands, four bytes each (ISO/IEC 14496-12).
 */
function hasAvifBrand(start: string): boolean {
  const end = Math.min(start.length, Buffer.from(start.slice(0, 4), "latin1").readUInt32BE());
  for (let at = 8; at + 4 <= end; at += 4) {
    if (at !== 12 && start.slice(at, at + 4) === "avif") return true;
  }
  return false;
}
