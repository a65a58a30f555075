import { type Chromaticities, type ColourSpace, codedSpace, gammaCurve, spaceOf, srgbWith } from "./colour-space.js";

/** Gamma of files that mean sRGB but name only its gamma, within the rounding of their writers. */
const isGammaOfSrgb = (gamma: number) => Math.abs(gamma - 0.45455) < 0.002;

/**
 * The space that a PNG declares by its own chunks, which take precedence as in the third edition of PNG: cICP, then
 * iCCP, sRGB, and gAMA with cHRM. Like browsers, it ignores cHRM without gAMA. `null` for sRGB.
 */
export function pngSpace(bytes: Buffer): ColourSpace | "profile" | null {
  const chunks = chunksBeforePixels(bytes);
  const cicp = chunks.get("cICP");
  if (cicp && cicp.byteLength >= 4) return codedSpace(cicp[0]!, cicp[1]!);
  if (chunks.has("iCCP")) return "profile";
  const gamma = numbersOf(chunks.get("gAMA"))?.[0];
  if (chunks.has("sRGB") || !gamma) return null;
  const [wx, wy, rx, ry, gx, gy, bx, by] = numbersOf(chunks.get("cHRM")) ?? [];
  const curve = gammaCurve(1 / gamma);
  if (by !== undefined) {
    const chromaticities = [
      [wx, wy],
      [rx, ry],
      [gx, gy],
      [bx, by],
    ] as unknown as Chromaticities;
    return spaceOf(chromaticities, curve);
  }
  return isGammaOfSrgb(gamma) ? null : srgbWith(curve);
}

/** Values of chunks are whole numbers of 1/100000. */
function numbersOf(data: Buffer | undefined): number[] | null {
  return data ? Array.from({ length: Math.floor(data.byteLength / 4) }, (_, i) => data.readUInt32BE(4 * i) / 100_000) : null;
}

function chunksBeforePixels(bytes: Buffer): Map<string, Buffer> {
  const chunks = new Map<string, Buffer>();
  for (let at = 8; at + 12 <= bytes.byteLength; ) {
    const byteLength = bytes.readUInt32BE(at);
    const type = bytes.toString("latin1", at + 4, at + 8);
    if (type === "IDAT" || type === "IEND") break;
    chunks.set(type, bytes.subarray(at + 8, at + 8 + byteLength));
    at += 12 + byteLength;
  }
  return chunks;
}
