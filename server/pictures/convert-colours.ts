import {
  bt2020ToXyz,
  type ColourSpace,
  type Curve,
  type Matrix,
  product,
  srgbCurve,
  xyzToBt2020,
  xyzToLinearSrgb,
} from "./colour-space.js";

/** Levels of the table that turns light into bytes: fine enough for the steep beginning of sRGB's curve. */
const LIGHT_LEVELS = 65_536;

/** Converts RGB of 16 bits (interleaved) to bytes of sRGB. Colours that sRGB lacks are clipped. */
export function toSrgbBytes(pixels: Uint16Array, { curves, toXyz, toneMap }: ColourSpace): Buffer {
  const tables = new Map([...new Set(curves)].map((curve) => [curve, lightTable(curve)]));
  const [r, g, b] = curves.map((curve) => tables.get(curve)!) as [Float32Array, Float32Array, Float32Array];
  const toSrgb = flat(product(xyzToLinearSrgb, toneMap ? bt2020ToXyz : toXyz));
  const toBt2020 = flat(product(xyzToBt2020, toXyz));
  const bytes = Buffer.alloc(pixels.length);
  const light = new Float64Array(3);
  for (let i = 0; i < pixels.length; i += 3) {
    light[0] = r[pixels[i]!]!;
    light[1] = g[pixels[i + 1]!]!;
    light[2] = b[pixels[i + 2]!]!;
    if (toneMap) {
      transform(light, toBt2020);
      toneMap(light);
    }
    transform(light, toSrgb);
    bytes[i] = byteOf(light[0]!);
    bytes[i + 1] = byteOf(light[1]!);
    bytes[i + 2] = byteOf(light[2]!);
  }
  return bytes;
}

function flat(matrix: Matrix): Float64Array {
  return Float64Array.from(matrix.flat());
}

/** Multiplies a vector by a matrix (row by row), in place. */
function transform(vector: Float64Array, m: Float64Array): void {
  const [x, y, z] = [vector[0]!, vector[1]!, vector[2]!];
  vector[0] = m[0]! * x + m[1]! * y + m[2]! * z;
  vector[1] = m[3]! * x + m[4]! * y + m[5]! * z;
  vector[2] = m[6]! * x + m[7]! * y + m[8]! * z;
}

/** Converts L*a*b* relative to D50 to bytes of sRGB: 16 bits, L from 0, a and b with 0 at 32768 and 256 for a step. */
export function labToSrgbBytes(pixels: Uint16Array): Buffer {
  const bytes = Buffer.alloc(pixels.length);
  const white = [0.9642, 1, 0.8249];
  for (let i = 0; i < pixels.length; i += 3) {
    const y = ((100 * pixels[i]!) / 65_535 + 16) / 116;
    const [a, b] = [(pixels[i + 1]! - 32_768) / 256, (pixels[i + 2]! - 32_768) / 256];
    const xyz = [y + a / 500, y, y - b / 200].map((t, j) => (t > 6 / 29 ? t ** 3 : (108 / 841) * (t - 4 / 29)) * white[j]!);
    for (const [j, row] of xyzToLinearSrgb.entries()) bytes[i + j] = byteOf(row[0] * xyz[0]! + row[1] * xyz[1]! + row[2] * xyz[2]!);
  }
  return bytes;
}

function lightTable(curve: Curve): Float32Array {
  return Float32Array.from({ length: 65_536 }, (_, level) => curve(level / 65_535));
}

const srgbBytes = Uint8Array.from({ length: LIGHT_LEVELS + 1 }, (_, level) => Math.round(255 * fromLight(level / LIGHT_LEVELS)));

function byteOf(light: number): number {
  return srgbBytes[light >= 1 ? LIGHT_LEVELS : light > 0 ? Math.round(light * LIGHT_LEVELS) : 0]!;
}

/** The inverse of sRGB's curve. */
function fromLight(light: number): number {
  return light <= srgbCurve(0.04045) ? 12.92 * light : 1.055 * light ** (1 / 2.4) - 0.055;
}
