import type { Node } from "../node.js";
import { fillsBlocks, scaled } from "../onnx/blocks.js";
import type { OnnxBuilder } from "../onnx/builder.js";
import { Operator } from "../operator.js";
import { eachIndex } from "../shape.js";
import { elementCount } from "../tensor.js";
import { padAxes, sizeOf } from "./pad-like.js";
import { type PoolAttributes, windowOffsets } from "./pooling.js";

export interface UpsampleLikeAttributes extends PoolAttributes {
  /** What every element is multiplied by. */
  factor: number;
}

/** (x, like) -> every element of factor * x repeated size x size times; rows and columns of like beyond that are 0. */
export const upsampleLikeOperator = new Operator<UpsampleLikeAttributes>({
  name: "upsampleLike",
  shape: (_attributes, _x, like) => [...like],
  forward: (shape, { size, factor }, x) => {
    const data = new Float32Array(elementCount(shape));
    eachIndex(x.shape, (index, offset) => {
      for (const target of windowOffsets(shape, size, index)) data[target] = factor * (x.data[offset] as number);
    });
    return data;
  },
  gradients: [],
  toOnnx: (onnx, { attributes: { size, factor }, inputs, shape }, x, like) => {
    if (!fillsBlocks(shape)) return upsample(onnx, onnx.add("Mul", [x, onnx.scalar(factor)]), like, size);
    const larger = enlarge(onnx, scaled(onnx, x, shape[1], factor), size);
    const [, , height, width] = (inputs[0] as Node).shape as readonly number[] as [number, number, number, number];
    const rest = [shape[2] - height * size, shape[3] - width * size] as const;
    if (rest.every((count) => count === 0)) return larger;
    return padAxes(
      onnx,
      larger,
      rest.map((count, index) => ({ axis: 2 + index, before: onnx.integers([0]), after: onnx.integers([count]) })),
    );
  },
});

/** Every element of height and width repeated `size` x `size` times. */
export function enlarge(onnx: OnnxBuilder, x: string, size: number): string {
  return onnx.add("Resize", [x, "", onnx.tensor(scales(size))], {
    mode: "nearest",
    coordinate_transformation_mode: "asymmetric",
    nearest_mode: "floor",
  });
}

/** Nearest-neighbour upsampling of `x`, padded with zeros to the height and width of `like`. */
export function upsample(onnx: OnnxBuilder, x: string, like: string, size: number): string {
  const larger = enlarge(onnx, x, size);
  const zero = onnx.integers([0]);
  const axes = [2, 3].map((axis) => ({
    axis,
    before: zero,
    after: onnx.add("Sub", [sizeOf(onnx, like, axis), sizeOf(onnx, larger, axis)]),
  }));
  return padAxes(onnx, larger, axes);
}

function scales(size: number) {
  return { shape: [4], data: Float32Array.of(1, 1, size, size) };
}

/** factor * x [N, C, h, w] repeated size x size times, shaped like `like` [N, C, H, W] with floor(H / size) = h. */
export function upsampleLike(x: Node, like: Node, attributes: UpsampleLikeAttributes): Node {
  return upsampleLikeOperator.node([x, like], attributes);
}
