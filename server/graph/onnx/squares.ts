import { type Dimension, FREE } from "../node.js";
import { eachIndex } from "../shape.js";
import { elementCount, type Tensor } from "../tensor.js";
import type { OnnxBuilder } from "./builder.js";

/**
 * Up to so many results, such as a picture's three, a convolution is cheaper in squares of 2 x 2 pixels, each a channel:
 * ONNX Runtime computes 8 or 16 channels at once, whether they are asked for or not.
 */
export const FEW_CHANNELS = 4;

/** A convolution of stride 1: its weight [O, C, kH, kW], its bias [O], and how many zeros lie before height and width and behind them. */
export interface SquaredConvolution {
  weight: Tensor;
  bias: Tensor | null;
  rows: number;
  columns: number;
}

/** Where the result of a convolution ends: sizes that are known, or those of a value at run time and so much more. */
interface Ends {
  shape: readonly Dimension[];
  like: string;
  growth: readonly [number, number];
}

/** The convolution of x by way of squares of 2 x 2 pixels. */
export function convolvedInSquares(onnx: OnnxBuilder, x: string, convolution: SquaredConvolution, ends: Ends): string {
  const { weight, bias, rows, columns } = convolution;
  const inputs = [x, onnx.tensor(squares(weight)), ...(bias ? [onnx.tensor(fourfold(bias))] : [])];
  // One row and column more: of an odd size, the last square is half beyond the end.
  const blocks = onnx.add("Conv", inputs, { strides: [2, 2], pads: [rows, columns, rows + 1, columns + 1] });
  const result = onnx.add("DepthToSpace", [blocks], { blocksize: 2, mode: "CRD" });
  return onnx.add("Slice", [result, onnx.integers([0, 0]), endsIn(onnx, ends), onnx.integers([2, 3])]);
}

function endsIn(onnx: OnnxBuilder, { shape: [, , height = FREE, width = FREE], like, growth }: Ends): string {
  if (height !== FREE && width !== FREE) return onnx.integers([height, width]);
  const size = onnx.add("Shape", [like], { start: 2, end: 4 });
  return growth.every((one) => one === 0) ? size : onnx.add("Add", [size, onnx.integers(growth)]);
}

/** [O, C, kH, kW] -> [4 O, C, kH + 1, kW + 1]: the kernel at each of the four pixels of a square. */
function squares({ shape, data }: Tensor): Tensor {
  const [outputs = 0, inputs = 0, height = 0, width = 0] = shape;
  const larger = [4 * outputs, inputs, height + 1, width + 1];
  const result = new Float32Array(elementCount(larger));
  eachIndex(larger, ([square = 0, input = 0, row = 0, column = 0], offset) => {
    const [y, x] = [row - (Math.floor(square / 2) % 2), column - (square % 2)];
    if (y < 0 || y >= height || x < 0 || x >= width) return;
    result[offset] = data[((Math.floor(square / 4) * inputs + input) * height + y) * width + x] as number;
  });
  return { shape: larger, data: result };
}

/** [O] -> [4 O], each value four times. */
function fourfold({ shape: [outputs = 0], data }: Tensor): Tensor {
  return { shape: [4 * outputs], data: Float32Array.from({ length: 4 * outputs }, (_, i) => data[i >> 2] as number) };
}
