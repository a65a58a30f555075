import { constant, type Dimension, type Node, type Shape } from "../node.js";
import { fillsBlocks, leftBlocks, scaled } from "../onnx/blocks.js";
import type { OnnxBuilder } from "../onnx/builder.js";
import { Operator } from "../operator.js";
import { check, checkInteger, formatShape, mapDimension } from "../shape.js";
import { eachIndex, elementCount, fillByIndex, scalar } from "../tensor.js";
import { mul } from "./arithmetic.js";
import { padAxes, sizeOf } from "./padding.js";

/** Side and stride of square windows, which do not overlap. */
export interface PoolAttributes {
  size: number;
}

/** The largest element of each window. */
export const maxPoolOperator = new Operator<PoolAttributes>({
  name: "maxPool",
  shape: ({ size }, x) => pooledShape("maxPool", x, size),
  forward: (shape, { size }, x) =>
    fillByIndex(shape, (index) => Math.max(...windowOffsets(x.shape, size, index).map((offset) => x.data[offset] as number))),
  gradients: [(upstream, node, x) => maxPoolGradientOperator.node([upstream, node, x], { size: node.attributes.size })],
  toOnnx: (onnx, { attributes: { size } }, x) => onnx.add("MaxPool", [x], { kernel_shape: [size, size], strides: [size, size] }),
});

/**
 * (upstream, result, x) -> gradient towards x. Equal maxima of one window share the gradient evenly; otherwise a flat
 * area would count once for every pixel of its windows.
 */
export const maxPoolGradientOperator = new Operator<PoolAttributes>({
  name: "maxPoolGradient",
  shape: (_attributes, _upstream, _result, x) => [...x],
  forward: (shape, { size }, upstream, result, x) => {
    const data = new Float32Array(elementCount(shape));
    eachIndex(result.shape, (index, pooled) => {
      const largest = windowOffsets(x.shape, size, index).filter((offset) => x.data[offset] === result.data[pooled]);
      for (const offset of largest) data[offset] = (upstream.data[pooled] as number) / largest.length;
    });
    return data;
  },
  gradients: [],
  toOnnx: (onnx, { attributes: { size } }, upstream, result, x) => {
    const isLargest = onnx.add("Cast", [onnx.add("Equal", [x, enlargedLike(onnx, result, x, size)])], { to: 1 });
    const share = onnx.add("AveragePool", [isLargest], { kernel_shape: [size, size], strides: [size, size] });
    const shared = onnx.add("Div", [upstream, onnx.add("Mul", [share, onnx.scalar(size * size)])]);
    return onnx.add("Mul", [isLargest, enlargedLike(onnx, shared, x, size)]);
  },
});

/** The mean of each window. */
export const avgPoolOperator = new Operator<PoolAttributes>({
  name: "avgPool",
  shape: ({ size }, x) => pooledShape("avgPool", x, size),
  forward: (shape, { size }, x) =>
    fillByIndex(shape, (index) => {
      const offsets = windowOffsets(x.shape, size, index);
      return offsets.reduce((sum, offset) => sum + (x.data[offset] as number), 0) / offsets.length;
    }),
  gradients: [(upstream, { attributes: { size } }, x) => upsampleLike(upstream, x, { size, factor: 1 / (size * size) })],
  toOnnx: (onnx, { attributes: { size } }, x) => onnx.add("AveragePool", [x], { kernel_shape: [size, size], strides: [size, size] }),
});

export interface UpsampleLikeAttributes extends PoolAttributes {
  /** Factor of every element. */
  factor: number;
}

/** (x, like) -> factor * x in the shape of `like`: each element fills a window, the rest is 0. Gradient of avgPool. */
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
    if (!fillsBlocks(shape) || inputs.some(leftBlocks)) return enlargedLike(onnx, onnx.add("Mul", [x, onnx.scalar(factor)]), like, size);
    const larger = enlarged(onnx, scaled(onnx, x, shape[1], factor), size);
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

/** Every element repeated as a window. */
export const upsampleNearestOperator = new Operator<PoolAttributes>({
  name: "upsampleNearest",
  shape: ({ size }, x) => {
    check(x.length === 4, `upsampleNearest: x must be [N, C, H, W], not ${formatShape(x)}`);
    return x.map((old, axis) => (axis < 2 ? old : mapDimension(old, (value) => value * size)));
  },
  forward: (shape, { size }, x) => {
    const [, channels = 0, height = 0, width = 0] = x.shape;
    return fillByIndex(shape, ([n = 0, c = 0, row = 0, column = 0]) => {
      const source = ((n * channels + c) * height + Math.floor(row / size)) * width + Math.floor(column / size);
      return x.data[source] as number;
    });
  },
  gradients: [(upstream, { attributes: { size } }) => mul(avgPool(upstream, { size }), constant(scalar(size * size)))],
  toOnnx: (onnx, { attributes: { size } }, x) => enlarged(onnx, x, size),
});

/** x [N, C, H, W] -> maxima of size x size windows, [N, C, floor(H / size), floor(W / size)]. */
export function maxPool(x: Node, { size }: PoolAttributes): Node {
  checkInteger("maxPool", "size", size, 1);
  return maxPoolOperator.node([x], { size });
}

/** x [N, C, H, W] -> means of size x size windows, [N, C, floor(H / size), floor(W / size)]. */
export function avgPool(x: Node, { size }: PoolAttributes): Node {
  checkInteger("avgPool", "size", size, 1);
  return avgPoolOperator.node([x], { size });
}

/** factor * x [N, C, h, w], each element repeated size x size times, in the shape of `like`; h = floor(H / size). */
export function upsampleLike(x: Node, like: Node, attributes: UpsampleLikeAttributes): Node {
  return upsampleLikeOperator.node([x, like], attributes);
}

/** x [N, C, H, W] -> [N, C, size * H, size * W] by nearest neighbours. */
export function upsampleNearest(x: Node, { size }: PoolAttributes): Node {
  checkInteger("upsampleNearest", "size", size, 1);
  return upsampleNearestOperator.node([x], { size });
}

/** Shape after pooling. Rows and columns that do not fill a window are lost. @throws GraphError when no window fits. */
function pooledShape(operator: string, x: Shape, size: number): Dimension[] {
  check(x.length === 4, `${operator}: x must be [N, C, H, W], not ${formatShape(x)}`);
  const shape = x.map((old, axis) => (axis < 2 ? old : mapDimension(old, (value) => Math.floor(value / size))));
  check(
    shape.every((value) => value !== 0),
    `${operator}: ${formatShape(x)} is smaller than a window of ${size}`,
  );
  return shape;
}

/** Offsets into a tensor of `shape` [N, C, H, W] of the window that belongs to element `index` of the pooled tensor. */
function windowOffsets(shape: readonly number[], size: number, index: readonly number[]): number[] {
  const [, channels = 0, height = 0, width = 0] = shape;
  const [n = 0, c = 0, row = 0, column = 0] = index;
  const first = ((n * channels + c) * height + row * size) * width + column * size;
  return Array.from({ length: size * size }, (_, k) => first + Math.floor(k / size) * width + (k % size));
}

/** Repeats every element of height and width `size` x `size` times. */
function enlarged(onnx: OnnxBuilder, x: string, size: number): string {
  return onnx.add("Resize", [x, "", onnx.tensor({ shape: [4], data: Float32Array.of(1, 1, size, size) })], {
    mode: "nearest",
    coordinate_transformation_mode: "asymmetric",
    nearest_mode: "floor",
  });
}

/** Repeats every element `size` x `size` times, then pads with zeros to the height and width of `like`. */
function enlargedLike(onnx: OnnxBuilder, x: string, like: string, size: number): string {
  const larger = enlarged(onnx, x, size);
  const zero = onnx.integers([0]);
  const axes = [2, 3].map((axis) => ({
    axis,
    before: zero,
    after: onnx.add("Sub", [sizeOf(onnx, like, axis), sizeOf(onnx, larger, axis)]),
  }));
  return padAxes(onnx, larger, axes);
}
