import { type ColourSpace, type Curve, product, srgbCurve, xyzToLinearSrgb } from "./colour-space.js";

/** Levels of the table that turns light into bytes: fine enough for the steep beginning of sRGB's curve. */
const LIGHT_LEVELS = 65_536;

/** Converts RGB of 16 bits (interleaved) to bytes of sRGB. Colours that sRGB lacks are clipped. */
export function toSrgbBytes(pixels: Uint16Array, { curves, toXyz }: ColourSpace): Buffer {
  const [r, g, b] = curves.map(lightTable) as [Float32Array, Float32Array, Float32Array];
  const [m0, m1, m2, m3, m4, m5, m6, m7, m8] = product(xyzToLinearSrgb, toXyz).flat() as number[] & { length: 9 };
  const bytes = Buffer.alloc(pixels.length);
  for (let i = 0; i < pixels.length; i += 3) {
    const [x, y, z] = [r[pixels[i]!]!, g[pixels[i + 1]!]!, b[pixels[i + 2]!]!];
    bytes[i] = byteOf(m0! * x + m1! * y + m2! * z);
    bytes[i + 1] = byteOf(m3! * x + m4! * y + m5! * z);
    bytes[i + 2] = byteOf(m6! * x + m7! * y + m8! * z);
  }
  return bytes;
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
