import { codedSpace, withCodes } from "./coded-space.js";
import { type ColourSpace, type Curve, gammaCurve, type Matrix, srgbWith } from "./colour-space.js";

/** Colour model of the values that a profile describes. */
export type ProfileModel = "RGB" | "GRAY" | "CMYK" | "other";

/** Whether these bytes are an ICC profile that is complete. */
export function isProfile(icc: Buffer): boolean {
  return icc.byteLength >= 132 && icc.toString("latin1", 36, 40) === "acsp" && icc.readUInt32BE(0) <= icc.byteLength;
}

/** The colour model of an ICC profile. */
export function profileModel(icc: Buffer): ProfileModel {
  const name = icc.toString("latin1", 16, 20).trim();
  return name === "RGB" || name === "GRAY" || name === "CMYK" ? name : "other";
}

/**
 * The space that an ICC profile of grey or RGB describes by codes or by curves and a matrix; null for a profile that
 * holds tables instead, and for a damaged one.
 */
export function profileSpace(icc: Buffer): ColourSpace | null {
  const tags = tagsOf(icc);
  if (profileModel(icc) === "GRAY") {
    const curve = curveOf(tags.get("kTRC"));
    return curve && srgbWith(curve);
  }
  if (profileModel(icc) !== "RGB") return null;
  // Codes of ITU-T H.273, which profiles of high dynamic range have. They take precedence over tables.
  const codes = tags.get("cicp");
  const [primaries = 0, transfer = 0] = codes?.subarray(8, 10) ?? [];
  const coded = codedSpace(primaries, transfer);
  if (coded) return coded;
  if (icc.toString("latin1", 20, 24) !== "XYZ " || tags.has("A2B0")) return null;
  const [red, green, blue] = ["rTRC", "gTRC", "bTRC"].map((name) => tags.get(name));
  const r = curveOf(red);
  // Channels with the same curve share its table.
  const [g, b] = [green, blue].map((tag) => (red && tag?.equals(red) ? r : curveOf(tag)));
  const columns = ["rXYZ", "gXYZ", "bXYZ"].map((name) => xyzOf(tags.get(name)));
  if (!r || !g || !b || !columns.every((column) => column !== null)) return null;
  const toXyz = [0, 1, 2].map((row) => columns.map((column) => column[row]!)) as unknown as Matrix;
  return withCodes({ curves: [r, g, b], toXyz }, primaries, transfer);
}

function tagsOf(icc: Buffer): Map<string, Buffer> {
  const tags = new Map<string, Buffer>();
  const count = icc.byteLength >= 132 ? Math.min(100, icc.readUInt32BE(128)) : 0;
  for (let at = 132; at < 132 + 12 * count && at + 12 <= icc.byteLength; at += 12) {
    const [start, byteLength] = [icc.readUInt32BE(at + 4), icc.readUInt32BE(at + 8)];
    tags.set(icc.toString("latin1", at, at + 4), icc.subarray(start, start + byteLength));
  }
  return tags;
}

const fixed = (tag: Buffer, at: number) => tag.readInt32BE(at) / 65536;

function xyzOf(tag: Buffer | undefined): number[] | null {
  return tag && tag.byteLength >= 20 ? [8, 12, 16].map((at) => fixed(tag, at)) : null;
}

/** A curve of type `curv` (none, one gamma or a table) or `para` (five formulas, ICC.1:2022, 10.18). */
function curveOf(tag: Buffer | undefined): Curve | null {
  const type = tag?.toString("latin1", 0, 4);
  if (tag && type === "curv" && tag.byteLength >= 12) return tabulated(tag);
  if (tag && type === "para" && tag.byteLength >= 16) return parametric(tag);
  return null;
}

function tabulated(tag: Buffer): Curve | null {
  const count = tag.readUInt32BE(8);
  if (tag.byteLength < 12 + 2 * count) return null;
  if (count === 0) return gammaCurve(1);
  if (count === 1) return gammaCurve(tag.readUInt16BE(12) / 256);
  const table = Float64Array.from({ length: count }, (_, i) => tag.readUInt16BE(12 + 2 * i) / 65535);
  return (value) => {
    const place = Math.min(1, Math.max(0, value)) * (count - 1);
    const low = Math.min(count - 2, Math.floor(place));
    return table[low]! + (place - low) * (table[low + 1]! - table[low]!);
  };
}

function parametric(tag: Buffer): Curve | null {
  const kind = tag.readUInt16BE(8);
  const count = [1, 3, 4, 5, 7][kind];
  if (count === undefined || tag.byteLength < 12 + 4 * count) return null;
  const [g = 1, a = 1, b = 0, ...rest] = Array.from({ length: count }, (_, i) => fixed(tag, 12 + 4 * i));
  // Below `d` the curve is c x + f, above it (a x + b)^g + e.
  const flat = kind === 2 ? (rest[0] ?? 0) : 0;
  const [c = 0, d = 0, e = 0, f = 0] = kind >= 3 ? rest : [0, kind === 0 ? 0 : -b / a, flat, flat];
  return (value) => (value >= d ? Math.max(0, a * value + b) ** g + e : c * value + f);
}
