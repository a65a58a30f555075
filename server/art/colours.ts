import type { Planes } from "./painter.js";

/** 3 x 3, row by row. */
type Matrix = number[][];

/**
 * Gives `picture` the colour mean and covariance of `reference` by one linear map of RGB, so that a style contributes
 * its strokes without its palette. This is the "image analogies" colour transfer of Gatys et al. 2016, "Preserving
 * Color in Neural Artistic Style Transfer", section 4.1: x' = A (x - mean) + reference mean with A = Sr^(1/2)
 * Sp^(-1/2), where Sp and Sr are the covariances of picture and reference. Both pictures and the result are 3 x H x W.
 * Departures: variances below one level of 256 are raised to it, and values are clamped to 0..1.
 */
export function matchColours(picture: Planes, reference: Planes): Planes {
  const own = colourStatistics(picture);
  const wanted = colourStatistics(reference);
  const map = product(symmetricPower(wanted.covariance, 0.5), symmetricPower(own.covariance, -0.5));
  const area = picture.width * picture.height;
  const data = new Float32Array(3 * area);
  for (let pixel = 0; pixel < area; pixel++) {
    const deviation = own.mean.map((mean, channel) => picture.data[channel * area + pixel]! - mean);
    for (let channel = 0; channel < 3; channel++) {
      const row = map[channel]!;
      const value = wanted.mean[channel]! + row[0]! * deviation[0]! + row[1]! * deviation[1]! + row[2]! * deviation[2]!;
      data[channel * area + pixel] = Math.min(1, Math.max(0, value));
    }
  }
  return { width: picture.width, height: picture.height, data };
}

/** Mean (3) and covariance (3 x 3) of a picture's RGB values. */
export function colourStatistics(picture: Planes): { mean: number[]; covariance: Matrix } {
  const area = picture.width * picture.height;
  const channel = (index: number) => picture.data.subarray(index * area, (index + 1) * area);
  const mean = [0, 1, 2].map((index) => channel(index).reduce((sum, value) => sum + value, 0) / area);
  const covariance = [0, 1, 2].map((row) =>
    [0, 1, 2].map((column) => {
      const a = channel(row);
      const b = channel(column);
      let sum = 0;
      for (let pixel = 0; pixel < area; pixel++) sum += (a[pixel]! - mean[row]!) * (b[pixel]! - mean[column]!);
      return sum / area;
    }),
  );
  return { mean, covariance };
}

/** Smallest variance that a direction of colour counts with: one level of 256, squared. */
const SMALLEST_VARIANCE = 1 / 255 ** 2;

/** Raises a symmetric matrix to a power through its eigenvalues, which are raised to `SMALLEST_VARIANCE` at least. */
function symmetricPower(matrix: Matrix, exponent: number): Matrix {
  const { values, vectors } = symmetricEigen(matrix);
  const powers = values.map((value) => Math.max(value, SMALLEST_VARIANCE) ** exponent);
  return [0, 1, 2].map((row) =>
    [0, 1, 2].map((column) => powers.reduce((sum, power, i) => sum + vectors[row]![i]! * power * vectors[column]![i]!, 0)),
  );
}

/** Eigenvalues of a symmetric matrix, and its eigenvectors in columns, by the cyclic Jacobi method. */
function symmetricEigen(matrix: Matrix): { values: number[]; vectors: Matrix } {
  let rotated = matrix.map((row) => [...row]);
  let vectors: Matrix = [
    [1, 0, 0],
    [0, 1, 0],
    [0, 0, 1],
  ];
  for (let sweep = 0; sweep < 12; sweep++) {
    for (const [p, q] of [
      [0, 1],
      [0, 2],
      [1, 2],
    ] as const) {
      const coupling = rotated[p]![q]!;
      if (Math.abs(coupling) < 1e-15) continue;
      const angle = 0.5 * Math.atan2(2 * coupling, rotated[q]![q]! - rotated[p]![p]!);
      const rotation: Matrix = [0, 1, 2].map((row) => [0, 1, 2].map((column) => (row === column ? 1 : 0)));
      rotation[p]![p] = rotation[q]![q] = Math.cos(angle);
      rotation[p]![q] = Math.sin(angle);
      rotation[q]![p] = -Math.sin(angle);
      rotated = product(product(transposed(rotation), rotated), rotation);
      vectors = product(vectors, rotation);
    }
  }
  return { values: [0, 1, 2].map((i) => rotated[i]![i]!), vectors };
}

function product(a: Matrix, b: Matrix): Matrix {
  return a.map((row) => [0, 1, 2].map((column) => row.reduce((sum, value, i) => sum + value * b[i]![column]!, 0)));
}

function transposed(matrix: Matrix): Matrix {
  return [0, 1, 2].map((row) => [0, 1, 2].map((column) => matrix[column]![row]!));
}
