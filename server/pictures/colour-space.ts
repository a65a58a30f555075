/** From the value of one channel in a file to light, both 0..1; light beyond 1 is clipped later. */
export type Curve = (value: number) => number;

/** Rows of a 3 x 3 matrix. */
export type Matrix = readonly (readonly [number, number, number])[];

/** How three channels become colour: a curve each, then XYZ relative to D50. */
export interface ColourSpace {
  curves: readonly [Curve, Curve, Curve];
  toXyz: Matrix;
}

/** x and y of white, red, green and blue (CIE 1931). */
export type Chromaticities = readonly [white: Point, red: Point, green: Point, blue: Point];
type Point = readonly [x: number, y: number];

const D50: readonly [number, number, number] = [0.9642, 1, 0.8249];
const D65: Point = [0.3127, 0.329];

export const srgbCurve: Curve = (value) => (value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4);
export const gammaCurve =
  (gamma: number): Curve =>
  (value) =>
    value ** gamma;

/** sRGB itself, relative to D50 as in its profile (IEC 61966-2-1). */
const srgbToXyz: Matrix = [
  [0.4360747, 0.3850649, 0.1430804],
  [0.2225045, 0.7168786, 0.0606169],
  [0.0139322, 0.0971045, 0.7141733],
];

export const xyzToLinearSrgb = inverse(srgbToXyz);

/** The space with the primaries of sRGB and one curve for all channels. */
export function srgbWith(curve: Curve): ColourSpace {
  return { curves: [curve, curve, curve], toXyz: srgbToXyz };
}

/** The space with these primaries, its white adapted to D50 by Bradford's method; null when they span no space. */
export function spaceOf(chromaticities: Chromaticities, curve: Curve): ColourSpace | null {
  if (chromaticities.some(([x, y]) => !(x >= 0 && y > 0 && x + y <= 1.00001))) return null;
  const [white, ...primaries] = chromaticities.map(xyzOf) as [Vector, Vector, Vector, Vector];
  const columns = transposed(primaries);
  if (Math.abs(determinant(columns)) < 1e-6) return null;
  const scale = times(inverse(columns), white);
  const toXyz = product(adaptation(white), columns.map((row) => row.map((value, i) => value * scale[i]!)) as unknown as Matrix);
  return { curves: [curve, curve, curve], toXyz };
}

/** Chromaticities by their code in ITU-T H.273, which PNG, AVIF and HEIC share. */
const codedPrimaries: Record<number, Chromaticities> = {
  1: [D65, [0.64, 0.33], [0.3, 0.6], [0.15, 0.06]],
  4: [
    [0.31, 0.316],
    [0.67, 0.33],
    [0.21, 0.71],
    [0.14, 0.08],
  ],
  5: [D65, [0.64, 0.33], [0.29, 0.6], [0.15, 0.06]],
  6: [D65, [0.63, 0.34], [0.31, 0.595], [0.155, 0.07]],
  7: [D65, [0.63, 0.34], [0.31, 0.595], [0.155, 0.07]],
  8: [
    [0.31, 0.316],
    [0.681, 0.319],
    [0.243, 0.692],
    [0.145, 0.049],
  ],
  9: [D65, [0.708, 0.292], [0.17, 0.797], [0.131, 0.046]],
  11: [
    [0.314, 0.351],
    [0.68, 0.32],
    [0.265, 0.69],
    [0.15, 0.06],
  ],
  12: [D65, [0.68, 0.32], [0.265, 0.69], [0.15, 0.06]],
  22: [D65, [0.63, 0.34], [0.295, 0.605], [0.155, 0.077]],
};

/** Light of a diffuse white in pictures of high dynamic range, cd/m2 (ITU-R BT.2408). */
const DIFFUSE_WHITE = 203;

/** Perceptual quantiser (SMPTE ST 2084), relative to a diffuse white. */
const perceptualQuantiser: Curve = (value) => {
  const root = value ** (1 / 78.84375);
  const light = (Math.max(0, root - 0.8359375) / (18.8515625 - 18.6875 * root)) ** (1 / 0.1593017578125);
  return (light * 10_000) / DIFFUSE_WHITE;
};

/** Hybrid log-gamma (ITU-R BT.2100): 75 % of the signal is a diffuse white. */
const hybridLogGamma: Curve = (value) => {
  const scene = value <= 0.5 ? value ** 2 / 3 : (Math.exp((value - 0.55991073) / 0.17883277) + 0.28466892) / 12;
  return (scene / 0.2649621) ** 1.2;
};

/** Curves by their code in ITU-T H.273. Video's curve (1, 6, 14, 15) is read by that of its displays (ITU-R BT.1886). */
const codedCurves: Record<number, Curve> = {
  1: gammaCurve(2.4),
  4: gammaCurve(2.2),
  5: gammaCurve(2.8),
  6: gammaCurve(2.4),
  8: gammaCurve(1),
  11: gammaCurve(2.4),
  13: srgbCurve,
  14: gammaCurve(2.4),
  15: gammaCurve(2.4),
  16: perceptualQuantiser,
  18: hybridLogGamma,
};

/**
 * The space of a pair of codes of ITU-T H.273; null for sRGB and for codes without a meaning here, which browsers show
 * as sRGB.
 */
export function codedSpace(primaries: number, transfer: number): ColourSpace | null {
  const curve = codedCurves[transfer];
  const chromaticities = codedPrimaries[primaries];
  if (!curve || !chromaticities || (primaries === 1 && transfer === 13)) return null;
  return spaceOf(chromaticities, curve);
}

type Vector = readonly [number, number, number];

function xyzOf([x, y]: Point): Vector {
  return [x / y, 1, (1 - x - y) / y];
}

/** Bradford's adaptation from a white to D50. */
function adaptation(white: Vector): Matrix {
  const cones: Matrix = [
    [0.8951, 0.2664, -0.1614],
    [-0.7502, 1.7135, 0.0367],
    [0.0389, -0.0685, 1.0296],
  ];
  const [from, to] = [times(cones, white), times(cones, D50)];
  const scaled = cones.map((row, i) => row.map((value) => (value * to[i]!) / from[i]!)) as unknown as Matrix;
  return product(inverse(cones), scaled);
}

export function product(a: Matrix, b: Matrix): Matrix {
  return transposed(transposed(b).map((column) => times(a, column)));
}

function times(matrix: Matrix, vector: Vector): Vector {
  return matrix.map((row) => row[0] * vector[0] + row[1] * vector[1] + row[2] * vector[2]) as unknown as Vector;
}

function transposed(m: Matrix): Matrix {
  return [0, 1, 2].map((i) => m.map((row) => row[i]!)) as unknown as Matrix;
}

function determinant([a, b, c]: Matrix): number {
  return a![0] * (b![1] * c![2] - b![2] * c![1]) - a![1] * (b![0] * c![2] - b![2] * c![0]) + a![2] * (b![0] * c![1] - b![1] * c![0]);
}

function inverse(m: Matrix): Matrix {
  const [a, b, c] = m as readonly [Vector, Vector, Vector];
  const cross = (u: Vector, v: Vector): Vector => [u[1] * v[2] - u[2] * v[1], u[2] * v[0] - u[0] * v[2], u[0] * v[1] - u[1] * v[0]];
  const size = determinant(m);
  return transposed([cross(b, c), cross(c, a), cross(a, b)].map((row) => row.map((value) => value / size)) as unknown as Matrix);
}
