/** Colour profiles, and the sRGB colours that they give, computed from the published numbers alone. */

/** A curve from values in a file to light, both 0..1. */
type Curve = { gamma: number } | "sRGB";

export interface ColourSpace {
  /** Columns: XYZ (relative to D50) of red, green and blue. */
  matrix: number[][];
  curve: Curve;
}

// After ICC.1: the primaries of each space, adapted to D50 by Bradford's method.
const srgbMatrix = [
  [0.4360747, 0.3850649, 0.1430804],
  [0.2225045, 0.7168786, 0.0606169],
  [0.0139322, 0.0971045, 0.7141733],
];
export const colourSpaces = {
  sRGB: { matrix: srgbMatrix, curve: "sRGB" },
  "Display P3": {
    matrix: [
      [0.515102, 0.291965, 0.157153],
      [0.241182, 0.692236, 0.0665819],
      [-0.00104941, 0.0418818, 0.784378],
    ],
    curve: "sRGB",
  },
  "Adobe RGB": {
    matrix: [
      [0.6097559, 0.2052401, 0.149224],
      [0.3111242, 0.625656, 0.0632197],
      [0.0194811, 0.0608902, 0.7448387],
    ],
    curve: { gamma: 563 / 256 },
  },
  "ProPhoto RGB": {
    matrix: [
      [0.7976749, 0.1351917, 0.0313534],
      [0.2880402, 0.7118741, 0.0000857],
      [0, 0, 0.82521],
    ],
    curve: { gamma: 1.8 },
  },
} as const satisfies Record<string, ColourSpace>;

const D50 = [0.9642, 1, 0.8249];

/** A value of a file (0..1) as light. */
export function toLight(value: number, curve: Curve): number {
  if (curve !== "sRGB") return value ** curve.gamma;
  return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
}

/** Light, relative to white, as a level of sRGB, 0..255; out of gamut is clipped. */
export function fromLight(light: number): number {
  const clipped = Math.min(1, Math.max(0, light));
  return 255 * (clipped <= 0.0031308 ? 12.92 * clipped : 1.055 * clipped ** (1 / 2.4) - 0.055);
}

/** The colour of a file (0..1) in a colour space, as levels of sRGB. */
export function inSrgb(colour: number[], { matrix, curve }: ColourSpace): number[] {
  const light = colour.map((value) => toLight(value, curve));
  return xyzInSrgb(matrix.map((row) => row.reduce((sum, factor, i) => sum + factor * light[i]!, 0)));
}

/** L*a*b* relative to D50, as files hold it, as levels of sRGB. */
export function labInSrgb([l, a, b]: [number, number, number]): number[] {
  const y = (l + 16) / 116;
  const linear = (t: number) => (t > 6 / 29 ? t ** 3 : 3 * (6 / 29) ** 2 * (t - 4 / 29));
  return xyzInSrgb([y + a / 500, y, y - b / 200].map((t, i) => linear(t) * D50[i]!));
}

function xyzInSrgb(xyz: number[]): number[] {
  return solve(srgbMatrix, xyz).map(fromLight);
}

/** Solves a linear system of three equations by Cramer's rule. */
function solve(matrix: number[][], right: number[]): number[] {
  const replaced = (column: number) => matrix.map((row, i) => row.map((value, j) => (j === column ? right[i]! : value)));
  return [0, 1, 2].map((column) => determinant(replaced(column)) / determinant(matrix));
}

function determinant(m: number[][]): number {
  const at = (i: number, j: number) => m[i % 3]![j % 3]!;
  return [0, 1, 2].reduce((sum, i) => sum + at(0, i) * (at(1, i + 1) * at(2, i + 2) - at(1, i + 2) * at(2, i + 1)), 0);
}

/** The ICC profile (version 2) of a colour space: a matrix and three curves, and codes of ITU-T H.273 where given. */
export function rgbProfile({ matrix, curve }: ColourSpace, codes?: readonly [primaries: number, transfer: number]): Buffer {
  const columns = ["r", "g", "b"].map((name, i) => [`${name}XYZ`, xyzTag(matrix.map((row) => row[i]!))] as const);
  const curves = ["r", "g", "b"].map((name) => [`${name}TRC`, curveTag(curve)] as const);
  const coded = codes ? [["cicp", Buffer.from([...Buffer.from("cicp\0\0\0\0"), ...codes, 0, 1])] as const] : [];
  return profile("RGB ", [...columns, ...curves, ...coded]);
}

/** The ICC profile (version 2) of a grey whose levels have a gamma. */
export function greyProfile(gamma: number): Buffer {
  return profile("GRAY", [["kTRC", curveTag({ gamma })]]);
}

/**
 * Devices that are made up, whose profiles are tables. Each channel shifts the first colour by its share. The darkest
 * colour is black, so that a compensation of the black point changes nothing.
 */
const devices = {
  CMYK: [
    [100, 0, 0],
    [-25, -35, -45],
    [-30, 55, -25],
    [-5, -20, 70],
    [-40, 0, 0],
  ],
  "RGB ": [
    [0, 0, 0],
    [30, 60, 40],
    [55, -70, 30],
    [15, 10, -70],
  ],
} as const;
const share = (value: number) => value ** 0.8;

/** The colour that one of these devices shows for values of 0..1. */
export function labOfDevice(device: keyof typeof devices, values: readonly number[]): [number, number, number] {
  const parts = [1, ...values.map(share)];
  return [0, 1, 2].map((i) => devices[device].reduce((sum, shift, channel) => sum + parts[channel]! * shift[i]!, 0)) as [
    number,
    number,
    number,
  ];
}

/** The ICC profile (version 2) of one of these devices: curves and a table of 8 or 16 bits. */
export function tableProfile(device: keyof typeof devices, bits: 8 | 16): Buffer {
  const channels = Array.from({ length: devices[device].length - 1 }, (_, i) => i);
  const most = 2 ** bits - 1;
  const curve = Array.from({ length: 256 }, (_, i) => Math.round(most * share(i / 255)));
  // Every channel is 0 or 1; the last one changes first.
  const corners = Array.from({ length: 2 ** channels.length }, (_, i) =>
    labOfDevice(
      device,
      channels.map((channel) => (i >> (channels.length - 1 - channel)) & 1),
    ),
  );
  const encode = bits === 8 ? labOf8Bits : labOf16Bits;
  const straight = bits === 8 ? Array.from({ length: 256 }, (_, i) => i) : [0, 65535];
  const numbers = [...channels.flatMap(() => curve), ...corners.flatMap(encode), ...straight, ...straight, ...straight];
  const head = Buffer.alloc(bits === 8 ? 48 : 52);
  head.write(bits === 8 ? "mft1" : "mft2");
  head.set([channels.length, 3, 2], 8);
  for (const at of [12, 28, 44]) head.writeInt32BE(65536, at);
  if (bits === 16) head.set([1, 0, 0, 2], 48);
  const values = Buffer.alloc((numbers.length * bits) / 8);
  for (const [i, value] of numbers.entries()) values.writeUIntBE(value, (i * bits) / 8, bits / 8);
  return profile(device, [["A2B0", Buffer.concat([head, values])]], "Lab ");
}

const labOf8Bits = ([l, a, b]: readonly number[]) => [l! * 2.55, a! + 128, b! + 128].map(Math.round);
const labOf16Bits = ([l, a, b]: readonly number[]) => [l! * 652.8, (a! + 128) * 256, (b! + 128) * 256].map(Math.round);

function profile(space: string, tags: (readonly [string, Buffer])[], connection = "XYZ "): Buffer {
  const all = [["desc", descriptionTag()], ["wtpt", xyzTag(D50)], ["cprt", Buffer.from("text\0\0\0\0CC0\0")], ...tags] as const;
  const head = Buffer.alloc(128 + 4 + 12 * all.length);
  head.write(space === "CMYK" ? "prtr" : "mntr", 12);
  head.write(space, 16);
  head.write(connection, 20);
  head.write("acsp", 36);
  head.writeUInt32BE(0x02400000, 8);
  D50.forEach((value, i) => void head.writeInt32BE(Math.round(value * 65536), 68 + 4 * i));
  head.writeUInt32BE(all.length, 128);
  let end = head.byteLength;
  for (const [i, [name, data]] of all.entries()) {
    head.write(name, 132 + 12 * i);
    head.writeUInt32BE(end, 136 + 12 * i);
    head.writeUInt32BE(data.byteLength, 140 + 12 * i);
    end += Math.ceil(data.byteLength / 4) * 4;
  }
  head.writeUInt32BE(end, 0);
  const padded = all.map(([, data]) => Buffer.concat([data, Buffer.alloc(-data.byteLength & 3)]));
  return Buffer.concat([head, ...padded]);
}

function xyzTag(xyz: readonly number[]): Buffer {
  const tag = Buffer.alloc(20);
  tag.write("XYZ ");
  xyz.forEach((value, i) => void tag.writeInt32BE(Math.round(value * 65536), 8 + 4 * i));
  return tag;
}

/** One number for a gamma, a table for the curve of sRGB. */
function curveTag(curve: Curve): Buffer {
  if (curve !== "sRGB") {
    const tag = Buffer.from("curv\0\0\0\0\0\0\0\x01\0\0");
    tag.writeUInt16BE(Math.round(curve.gamma * 256), 12);
    return tag;
  }
  const tag = Buffer.alloc(12 + 2 * 4096);
  tag.write("curv");
  tag.writeUInt32BE(4096, 8);
  for (let i = 0; i < 4096; i++) tag.writeUInt16BE(Math.round(65535 * toLight(i / 4095, curve)), 12 + 2 * i);
  return tag;
}

function descriptionTag(): Buffer {
  const name = "test\0";
  const tag = Buffer.alloc(12 + name.length + 78);
  tag.write("desc");
  tag.writeUInt32BE(name.length, 8);
  tag.write(name, 12);
  return tag;
}
