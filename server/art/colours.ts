import type { Planes } from "./painter.js";

type Matrix = number[][];

/**
 * Gives `picture` the colour mean and covariance of `reference` by one linear map of RGB, so that a style brings its
 * strokes without its palette: "image analogies" colour transfer in Gatys et al. 2016, "Preserving Color in Neural
 * Artistic Style Transfer", section 4.1: A = Sr^(1/2) Sp^(-1/2). Values are cut back to 0..1.
 */
export function matchColours(picture: Planes, reference: Planes): Planes {
  const own = colourStatistics(picture);
  const wanted = colourStatistics(reference);
  const map = product(symmetricPower(wanted.covariance, 0.5), symmetricPower(own.covariance, -0.5));
  const area = picture.width * picture.height;
  const data = new Float32Array(3 * area);
  for (let pixel = 0; pixel < area; pixel++) {
    const centred = own.mean.map((mean, channel) => picture.data[channel * area + pixel]! - mean);
    for (let channel = 0; channel < 3; channel++) {
      const row = map[channel]!;
      const value = wanted.mean[channel]! + row[0]! * centred[0]! + row[1]! * centred[1]! + row[2]! * centred[2]!;
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

/** Variance below which a picture counts as having no colour in a direction (one level of 256, squared). */
const SMALLEST_VARIANCE = 1 / 255 ** 2;

/** A symmetric 3 x 3 matrix to a power, through its eigenvalues, which are kept above `SMALLEST_VARIANCE`. */
function symmetricPower(matrix: Matrix, exponent: number): Matrix {
  const { values, vectors } = symmetricEigen(matrix);
  const powers = values.map((value) => Math.max(value, SMALLEST_VARIANCE) ** exponent);
  return [0, 1, 2].map((row) =>
    [0, 1, 2].map((column) => powers.reduce((sum, power, i) => sum + vectors[row]![i]! * power * vectors[column]![i]!, 0)),
  );
}

/** Eigenvalues, and eigenvectors in columns, of a symmetric 3 x 3 matrix by Jacobi's cyclic rotations. */
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
