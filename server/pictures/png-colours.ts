import { inflateSync } from "node:zlib";
import { codedSpace } from "./coded-space.js";
import { type Chromaticities, type ColourSpace, gammaCurve, spaceOf, srgbWith } from "./colour-space.js";
import { isProfile } from "./icc.js";
import { undecodable } from "./undecodable.js";

/** Gamma of files that mean sRGB but name only a gamma: within 5 %, as in browsers. */
const isGammaOfSrgb = (gamma: number) => Math.abs(2.2 * gamma - 1) < 0.05;

/**
 * The space that a PNG declares by its own chunks, which take precedence as in the third edition of PNG: cICP, then
 * iCCP, sRGB, and gAMA with cHRM. Like browsers, it ignores cHRM without gAMA, the later of equal chunks, and chunks
 * that are damaged or whose codes have no meaning. `null` for sRGB.
 * @throws AtelierError BAD_INPUT for a cICP chunk that PNG forbids, which browsers refuse
 */
export function pngSpace(bytes: Buffer): ColourSpace | "profile" | null {
  const chunks = chunksBeforePixels(bytes);
  const coded = spaceOfCodes(chunks);
  if (coded) return coded;
  if (holdsProfile(chunks.get("iCCP"))) return "profile";
  const [gamma] = numbersOf(chunks.get("gAMA"), 1);
  const intent = chunks.get("sRGB");
  if ((intent?.byteLength === 1 && intent[0]! <= 3) || !gamma) return null;
  const [wx, wy, rx, ry, gx, gy, bx, by] = numbersOf(chunks.get("cHRM"), 8);
  const curve = gammaCurve(1 / gamma);
  if (by === undefined) return isGammaOfSrgb(gamma) ? null : srgbWith(curve);
  const chromaticities = [
    [wx, wy],
    [rx, ry],
    [gx, gy],
    [bx, by],
  ] as unknown as Chromaticities;
  return spaceOf(chromaticities, curve);
}

/** Codes of a narrow range, which PNG allows and browsers ignore, are ignored. */
function spaceOfCodes(chunks: Map<string, Buffer>): ColourSpace | null {
  const cicp = chunks.get("cICP");
  if (cicp?.byteLength !== 4) return null;
  const [primaries, transfer, matrix, range] = cicp as unknown as [number, number, number, number];
  if (matrix !== 0 || range > 1) {
    throw undecodable("The colours that this PNG declares (chunk cICP) are not allowed in a PNG. Save it again, for example as sRGB.");
  }
  return range === 1 ? codedSpace(primaries, transfer, peakOf(chunks)) : null;
}

/** The most that a profile may have, bytes. */
const MAX_PROFILE = 4_000_000;

/** Whether iCCP (a name, a zero, the method of compression, the profile) holds a profile, even of another colour model. */
function holdsProfile(iccp: Buffer | undefined): boolean {
  if (!iccp) return false;
  try {
    return isProfile(inflateSync(iccp.subarray(iccp.indexOf(0) + 2), { maxOutputLength: MAX_PROFILE }));
  } catch (error) {
    // A profile that cannot be inflated counts as none.
    if (error instanceof Error && "code" in error) return false;
    throw error;
  }
}

/** Light of the brightest pixel, else of the display on which the picture was made; cd/m2. */
function peakOf(chunks: Map<string, Buffer>): number | undefined {
  const [brightest] = numbersOf(chunks.get("cLLI"), 2, 10_000);
  const [display] = numbersOf(chunks.get("mDCV")?.subarray(16), 2, 10_000);
  return brightest || display || undefined;
}

/** The whole numbers of a chunk that must have `count` of them, as parts of `unit`. */
function numbersOf(data: Buffer | undefined, count: number, unit = 100_000): number[] {
  return data?.byteLength === 4 * count ? Array.from({ length: count }, (_, i) => data.readUInt32BE(4 * i) / unit) : [];
}

function chunksBeforePixels(bytes: Buffer): Map<string, Buffer> {
  const chunks = new Map<string, Buffer>();
  for (let at = 8; at + 12 <= bytes.byteLength; ) {
    const byteLength = bytes.readUInt32BE(at);
    const type = bytes.toString("latin1", at + 4, at + 8);
    if (type === "IDAT" || type === "IEND") break;
    if (!chunks.has(type)) chunks.set(type, bytes.subarray(at + 8, at + 8 + byteLength));
    at += 12 + byteLength;
  }
  return chunks;
}
