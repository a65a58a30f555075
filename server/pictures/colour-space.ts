/** From the value of one channel in a file to light, both 0..1; light beyond 1 is clipped later. */
export type Curve = (value: number) => number;

/** Rows of a 3 x 3 matrix. */
export type Matrix = readonly (readonly [number, number, number])[];

/** Dims light that is brighter than a display, in place: red, green and blue of BT.2020, relative to a diffuse white. */
export type ToneMap = (light: Float64Array) => void;

/** How three channels become colour: a curve each, then XYZ relative to D50. */
export interface ColourSpace {
  curves: readonly [Curve, Curve, Curve];
  toXyz: Matrix;
  /** Spaces of high dynamic range only. */
  toneMap?: ToneMap;
}

/** x and y of white, red, green and blue (CIE 1931). */
export type Chromaticities = readonly [white: Point, red: Point, green: Point, blue: Point];
type Point = readonly [x: number, y: number];

const D50: readonly [number, number, number] = [0.9642, 1, 0.8249];
export const D65: Point = [0.3127, 0.329];

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
  const toXyz = matrixOf(chromaticities);
  return toXyz && { curves: [curve, curve, curve], toXyz };
}

function matrixOf([white, ...primaries]: Chromaticities): Matrix | null {
  if ([white, ...primaries].flat().some((part) => !(part >= 0 && part <= 1)) || white[1] === 0) return null;
  const columns = transposed(primaries.map(xyzOf) as [Vector, Vector, Vector]);
  if (Math.abs(determinant(columns)) < 1e-6) return null;
  const light = xyzOf(white).map((part) => part / white[1]) as unknown as Vector;
  const scale = times(inverse(columns), light);
  return product(adaptation(light), columns.map((row) => row.map((value, i) => value * scale[i]!)) as unknown as Matrix);
}

/** Primaries of ITU-R BT.2020, which hold most colours that pictures have. */
export const bt2020: Chromaticities = [D65, [0.708, 0.292], [0.17, 0.797], [0.131, 0.046]];
export const bt2020ToXyz = matrixOf(bt2020)!;
export const xyzToBt2020 = inverse(bt2020ToXyz);

type Vector = readonly [number, number, number];

/** A colour of no particular strength, so that `y` may be 0. */
function xyzOf([x, y]: Point): Vector {
  return [x, y, 1 - x - y];
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
