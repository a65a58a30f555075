/**
 * Convolution with a 3 x 3 kernel by F(4 x 4, 3 x 3) of Lavin and Gray 2016, "Fast Algorithms for Convolutional Neural
 * Networks": 36 multiplications for 4 x 4 results of one channel where the sums of products take 144. With a tile d of
 * 6 x 6 values and a kernel g,
 *
 *   Y = A^T [(G g G^T) * (B^T d B)] A,   summed over the channels between the brackets.
 *
 * Both transforms of pictures are constant matrices, so a convolution and two matrix products compute them.
 */
import { elementCount, type Tensor } from "../tensor.js";
import type { OnnxBuilder } from "./builder.js";

/** Rows and columns of results that one tile yields. */
export const TILE = 4;

/** Points of interpolation, besides infinity. */
const points = [0, 1, -1, 2, -2];
/** Rows and columns that a tile reads. */
const SPAN = points.length + 1;

type Matrix = readonly (readonly number[])[];

/** Product over the other points of their distance to point `i`. */
const distances = points.map((point, i) => points.reduce((product, other, j) => (j === i ? product : product * (point - other)), 1));

/** G, 6 x 3: a kernel's polynomial at each point. */
const kernelTransform: readonly (readonly [number, number, number])[] = [
  ...points.map((point, i) => [1 / distances[i]!, point / distances[i]!, point ** 2 / distances[i]!] as const),
  [0, 0, 1],
];
/** B^T, 6 x 6: for each point, the coefficients of the polynomial that is 0 at all others. */
const inputTransform: Matrix = [...points.map((_, i) => polynomial(points.filter((_, j) => j !== i))), polynomial(points)];
/** A^T, 4 x 6. */
const outputTransform: Matrix = Array.from({ length: TILE }, (_, power) => [
  ...points.map((point) => point ** power),
  power === TILE - 1 ? 1 : 0,
]);

/** A convolution of stride 1 of one picture. */
export interface WinogradConvolution {
  /** [O, C, 3, 3] */
  weight: Tensor;
  /** Whether x has O channels and the result C, and kernels are reversed, as in the gradient of a convolution. */
  reversed: boolean;
  /** The name of a value [O], or null. */
  bias: string | null;
  /** Rows and columns of zeros on each side, at most 2. */
  padding: number;
}

/** Adds the convolution of x, whose shape [1, C, H, W] is known, and returns the name of the result. */
export function winogradConvolution(
  onnx: OnnxBuilder,
  x: { name: string; shape: readonly number[] },
  { weight, bias, reversed, padding }: WinogradConvolution,
): string {
  const [, channels = 0, height = 0, width = 0] = x.shape;
  const results = weight.shape[reversed ? 1 : 0]!;
  const [resultHeight, resultWidth] = [height, width].map((size) => size + 2 * padding - 2) as [number, number];
  const [rows, columns] = [resultHeight, resultWidth].map((size) => Math.ceil(size / TILE)) as [number, number];

  // Each channel is a picture of its own here, and each of the 36 transformed values a channel.
  const pictures = onnx.add("Reshape", [x.name, onnx.integers([channels, 1, height, width])]);
  const ends = [rows * TILE + 2 - padding - height, columns * TILE + 2 - padding - width] as const;
  const tiles = onnx.add("Conv", [pictures, onnx.tensor(onBothAxes(inputTransform, [SPAN ** 2, 1, SPAN, SPAN]))], {
    strides: [TILE, TILE],
    pads: [padding, padding, ...ends],
  });
  const transformed = onnx.add("Reshape", [tiles, onnx.integers([channels, SPAN ** 2, rows * columns])]);
  // [36, O, C] x [36, C, tiles] -> [36, O, tiles], and [16, 36] x [O, 36, tiles] -> [O, 16, tiles].
  const products = onnx.add("FusedMatMul", [onnx.shared(transformedWeights(weight, reversed)), transformed], { transBatchB: 1 });
  const values = onnx.add("FusedMatMul", [onnx.tensor(onBothAxes(outputTransform, [1, TILE ** 2, SPAN ** 2])), products], {
    transBatchB: 1,
  });
  const squares = onnx.add("Reshape", [values, onnx.integers([results, TILE ** 2, rows, columns])]);
  const result = onnx.add("DepthToSpace", [squares], { blocksize: TILE, mode: "CRD" });
  const picture = onnx.add("Reshape", [result, onnx.integers([1, results, rows * TILE, columns * TILE])]);
  const isWhole = resultHeight % TILE === 0 && resultWidth % TILE === 0;
  const cropped = isWhole
    ? picture
    : onnx.add("Slice", [picture, onnx.integers([0, 0]), onnx.integers([resultHeight, resultWidth]), onnx.integers([2, 3])]);
  return bias === null ? cropped : onnx.add("Add", [cropped, onnx.add("Reshape", [bias, onnx.integers([1, results, 1, 1])])]);
}

const transformedBy = { forward: new WeakMap<Float32Array, Tensor>(), reversed: new WeakMap<Float32Array, Tensor>() };

/** Number of values of the transformed weights. */
export function transformedLength({ data }: Tensor): number {
  return (data.length / 9) * SPAN ** 2;
}

/**
 * [O, C, 3, 3] -> [36, O, C], four times the size; reversed, [36, C, O] of the reversed kernels. The result is kept for
 * as long as the weights are.
 */
export function transformedWeights({ shape, data }: Tensor, reversed: boolean): Tensor {
  const kept = transformedBy[reversed ? "reversed" : "forward"];
  const known = kept.get(data);
  if (known) return known;
  const [outputs = 0, inputs = 0] = shape;
  const kernels = outputs * inputs;
  const result = new Float32Array(SPAN ** 2 * kernels);
  const [first, step] = reversed ? [8, -1] : [0, 1];
  // Kernels of one output in turn (reversed, of one input), so that the result is written in long runs.
  const [runs, length, run, next] = reversed ? [inputs, outputs, 9, 9 * inputs] : [outputs, inputs, 9 * inputs, 9];
  const columns = Array.from({ length: 3 }, () => new Float64Array(length));
  for (let n = 0; n < runs; n++) {
    const start = n * run + first;
    kernelTransform.forEach(([a, b, c], i) => {
      columns.forEach((column, x) => {
        for (let k = 0, at = start + step * x; k < length; k++, at += next) {
          column[k] = a * data[at]! + b * data[at + 3 * step]! + c * data[at + 6 * step]!;
        }
      });
      const [left, middle, right] = columns as [Float64Array, Float64Array, Float64Array];
      kernelTransform.forEach(([a, b, c], j) => {
        const target = (i * SPAN + j) * kernels + n * length;
        for (let k = 0; k < length; k++) result[target + k] = a * left[k]! + b * middle[k]! + c * right[k]!;
      });
    });
  }
  const transformed = { shape: reversed ? [SPAN ** 2, inputs, outputs] : [SPAN ** 2, outputs, inputs], data: result };
  kept.set(data, transformed);
  return transformed;
}

const tensors = new Map<Matrix, Tensor>();

/** The matrix that applies `matrix` along rows and along columns: its Kronecker product with itself, as `shape`. */
function onBothAxes(matrix: Matrix, shape: readonly number[]): Tensor {
  const known = tensors.get(matrix);
  if (known) return known;
  const data = Float32Array.from(matrix.flatMap((a) => matrix.flatMap((b) => a.flatMap((x) => b.map((y) => x * y)))));
  if (data.length !== elementCount(shape)) throw new RangeError(`${data.length} values do not fill [${shape.join(", ")}]`);
  const result = { shape, data };
  tensors.set(matrix, result);
  return result;
}

/** Coefficients of the product of (x - root), 6 of them, lowest power first. */
function polynomial(roots: readonly number[]): number[] {
  let product = [1, ...new Array<number>(points.length).fill(0)];
  for (const root of roots) product = product.map((value, power) => (product[power - 1] ?? 0) - root * value);
  return product;
}
