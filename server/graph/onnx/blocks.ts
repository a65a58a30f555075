/**
 * ONNX Runtime's CPU provider keeps what convolutions answer in blocks of 8 or 16 channels. An operator that does not
 * know the blocks costs a pass over memory before and behind it. Convolutions, pooling, upsampling, sums and products of
 * equal sizes know them, sizes being known when the model is opened: hence these forms of other operators.
 */
import type { Dimension } from "../node.js";
import type { OnnxBuilder } from "./builder.js";

/** Channels of the larger block: a multiple of them fills blocks of every processor. */
const BLOCK = 16;

/** Whether values of this shape, [N, C, H, W], may stay in blocks. */
export function fillsBlocks(shape: readonly Dimension[]): shape is readonly [number, number, number, number] {
  return shape.length === 4 && shape.every((size) => typeof size === "number") && (shape[1] as number) % BLOCK === 0;
}

/** x of `channels` channels times a constant, as a convolution of each channel by itself. */
export function scaled(onnx: OnnxBuilder, x: string, channels: number, factor: number): string {
  return onnx.add("Conv", [x, onnx.filled([channels, 1, 1, 1], factor)], { group: channels });
}

/** 1 where x is above 0, else 0: a sigmoid of straight lines, as steep as float32 can be, which the convolution computes on its way. */
export function isAbove0(onnx: OnnxBuilder, x: string, channels: number): string {
  return onnx.add("HardSigmoid", [scaled(onnx, x, channels, 1)], { alpha: { float: 3e38 }, beta: { float: 0 } });
}
