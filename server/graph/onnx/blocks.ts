/**
 * ONNX Runtime's CPU provider computes convolutions in blocks of 8 or 16 channels and keeps their results in blocks. An
 * operator that does not support blocks costs a pass over memory before and after it. If sizes are known when the model
 * is opened, convolution, pooling, upsampling, and sums and products of equal sizes support blocks. The functions here
 * express other operators through those, and rearrange convolutions that would leave most of a block unused.
 */
import { type Dimension, FREE, type Node, type Shape } from "../node.js";
import { eachIndex, elementCount, type Tensor } from "../tensor.js";
import type { OnnxBuilder } from "./builder.js";

/** Channels of the larger block. A multiple fills whole blocks on every processor. */
const BLOCK = 16;

/** Whether values of this shape, [N, C, H, W], can stay in blocks. */
export function fillsBlocks(shape: Shape): shape is readonly [number, number, number, number] {
  return shape.length === 4 && shape.every((size) => typeof size === "number") && (shape[1] as number) % BLOCK === 0;
}

/** Operators whose result is in blocks where their operands are. */
const keepBlocks: ReadonlySet<string> = new Set(["relu", "reluGradient", "avgPool", "maxPool", "add", "upsampleLike"]);

/** Whether the value comes from a convolution by Winograd's method, which leaves blocks. */
export function leftBlocks({ operator, attributes, inputs }: Node): boolean {
  return attributes.winograd === true || (keepBlocks.has(operator) && inputs.some(leftBlocks));
}

/** x times a constant, as a convolution of each of its `channels` separately. */
export function scaled(onnx: OnnxBuilder, x: string, channels: number, factor: number): string {
  return onnx.add("Conv", [x, onnx.filled([channels, 1, 1, 1], factor)], { group: channels });
}

/**
 * 1 where x is above 0, else 0: a hard sigmoid as steep as float32 allows. A convolution of each of the `channels`, with
 * which it is fused, keeps x in blocks; null means that x is in none.
 */
export function isAbove0(onnx: OnnxBuilder, x: string, channels: number | null): string {
  return onnx.add("HardSigmoid", [channels === null ? x : scaled(onnx, x, channels, 1)], { alpha: { float: 3e38 }, beta: { float: 0 } });
}

/**
 * A convolution with at most this many result channels, such as the three of a picture, is cheaper in squares of 2 x 2
 * pixels, each pixel a channel: a block costs the same, however many of its channels are used.
 */
export const FEW_CHANNELS = 4;

/** A convolution of stride 1. */
interface SquaredConvolution {
  /** [O, C, kH, kW] */
  weight: Tensor;
  /** [O] */
  bias: Tensor | null;
  /** Zeros before and after the height. */
  rows: number;
  /** Zeros before and after the width. */
  columns: number;
}

/** Height and width of the result: those of `shape` if known, else those of the value `like` plus `growth`. */
interface Ends {
  shape: readonly Dimension[];
  like: string;
  growth: readonly [number, number];
}

/** The convolution of x, computed in squares of 2 x 2 pixels. */
export function convolvedInSquares(onnx: OnnxBuilder, x: string, convolution: SquaredConvolution, ends: Ends): string {
  const { weight, bias, rows, columns } = convolution;
  const inputs = [x, onnx.tensor(squares(weight)), ...(bias ? [onnx.tensor(fourfold(bias))] : [])];
  // One more row and column at the end: if a size is odd, half of the last square lies outside.
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
export function fourfold({ shape: [outputs = 0], data }: Tensor): Tensor {
  return { shape: [4 * outputs], data: Float32Array.from({ length: 4 * outputs }, (_, i) => data[i >> 2] as number) };
}
