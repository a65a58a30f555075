import * as tf from "@tensorflow/tfjs-core";
import type { InstanceNormAttributes } from "../operators/instance-norm.js";
import type { PoolAttributes } from "../operators/pooling.js";
import type { SliceAttributes } from "../operators/shapes.js";
import { axisIn, type Layout, Value } from "./value.js";

/** Applies `compute` to every element, in the layout of x. */
export function elementwise(compute: (x: tf.Tensor) => tf.Tensor, x: Value): Value {
  return new Value(compute(x.tensor), x.layout);
}

/** Applies `compute` to two operands under NumPy broadcasting. Transposes an operand only if the layouts differ. */
export function broadcast(compute: (a: tf.Tensor, b: tf.Tensor) => tf.Tensor, a: Value, b: Value): Value {
  const layout = commonLayout([a, b]);
  const operand = (value: Value) => (value.tensor.rank === 0 ? value.tensor : value.as(layout));
  return new Value(compute(operand(a), operand(b)), layout);
}

/** Channels last if one value has that layout and all can have it. A scalar fits every layout. */
function commonLayout(values: readonly Value[]): Layout {
  const able = values.every(({ tensor: { rank } }) => rank === 4 || rank === 0);
  return able && values.some(({ layout }) => layout === "channelsLast") ? "channelsLast" : "given";
}

export function concatenate(values: readonly Value[], axis: number): Value {
  const layout = commonLayout(values);
  return new Value(
    tf.concat(
      values.map((value) => value.as(layout)),
      axisIn(layout, axis),
    ),
    layout,
  );
}

/** |x| as relu(x) + relu(-x), whose derivative at 0 is 0 as elsewhere. The derivative of tf.abs at 0 is -1. */
export function absolute(x: tf.Tensor): tf.Tensor {
  return tf.add(tf.relu(x), tf.relu(tf.neg(x)));
}

export function slice({ axis, start, end }: SliceAttributes, x: Value): Value {
  const at = axisIn(x.layout, axis);
  const { shape } = x.tensor;
  const size = shape[at] as number;
  const from = start < 0 ? start + size : start;
  const to = end === null ? size : end < 0 ? end + size : end;
  return new Value(part(x.tensor, at, from, to - from), x.layout);
}

function part(x: tf.Tensor, axis: number, start: number, size: number): tf.Tensor {
  const begin = x.shape.map((_, at) => (at === axis ? start : 0));
  return tf.slice(
    x,
    begin,
    x.shape.map((whole, at) => (at === axis ? size : whole)),
  );
}

/**
 * Mirrors the borders with slices. tf.mirrorPad computes the same, but in TensorFlow.js 4.22 its gradient ignores the
 * borders.
 */
export function reflectPad(padding: number, x: Value): Value {
  const mirrored = [2, 3].reduce((inner, axis) => {
    const at = axisIn(x.layout, axis);
    const size = inner.shape[at] as number;
    const first = tf.reverse(part(inner, at, 1, padding), at);
    const last = tf.reverse(part(inner, at, size - 1 - padding, padding), at);
    return tf.concat([first, inner, last], at);
  }, x.tensor);
  return new Value(mirrored, x.layout);
}

export function averagePool({ size }: PoolAttributes, x: Value): Value {
  const image = x.as("channelsLast") as tf.Tensor4D;
  return new Value(size === 1 ? tf.clone(image) : tf.avgPool(image, size, size, "valid"), "channelsLast");
}

/**
 * The maximum over the columns of each window, then over its rows. tf.maxPool computes the same, but on the WebAssembly
 * backend of TensorFlow.js 4.22 its gradient ignores windows without a positive value.
 */
export function maxPool({ size }: PoolAttributes, x: Value): Value {
  const image = x.as("channelsLast");
  const [batch, height, width, channels] = image.shape as [number, number, number, number];
  const [rows, columns] = [Math.floor(height / size), Math.floor(width / size)];
  const whole = tf.slice(image, [0, 0, 0, 0], [batch, rows * size, columns * size, channels]);
  const narrowed = largestPart(tf.reshape(whole, [batch * rows * size * columns, size, channels]), size);
  const pooled = largestPart(tf.reshape(narrowed, [batch * rows, size, columns * channels]), size);
  return new Value(tf.reshape(pooled, [batch, rows, columns, channels]), "channelsLast");
}

/** The maxima over axis 1 of length `size`, which the result drops. */
function largestPart(x: tf.Tensor, size: number): tf.Tensor {
  const [first, , last] = x.shape as [number, number, number];
  const parts = Array.from({ length: size }, (_, index) => tf.reshape(part(x, 1, index, 1), [first, last]));
  return parts.reduce((largest, next) => tf.maximum(largest, next));
}

/** Repeats every column, then every row. */
export function upsampleNearest({ size }: PoolAttributes, x: Value): Value {
  const image = x.as("channelsLast");
  const [batch, height, width, channels] = image.shape as [number, number, number, number];
  const wide = repeated(tf.reshape(image, [batch * height * width, channels]), size);
  const large = repeated(tf.reshape(wide, [batch * height, size * width * channels]), size);
  return new Value(tf.reshape(large, [batch, size * height, size * width, channels]), "channelsLast");
}

/** Repeats a matrix `size` times, side by side. */
function repeated(matrix: tf.Tensor, size: number): tf.Tensor {
  return tf.concat(new Array<tf.Tensor>(size).fill(matrix), 1);
}

export function instanceNorm({ epsilon }: InstanceNormAttributes, x: Value, scale: Value, shift: Value): Value {
  const image = x.as("channelsLast");
  const centred = tf.sub(image, tf.mean(image, [1, 2], true));
  const variance = tf.mean(tf.mul(centred, centred), [1, 2], true);
  const normalised = tf.mul(centred, tf.rsqrt(tf.add(variance, epsilon)));
  return new Value(tf.add(tf.mul(normalised, scale.as("given")), shift.as("given")), "channelsLast");
}

export function reduce(kind: "sum" | "mean", axes: readonly number[], x: Value): Value {
  const layout = axes.length === x.tensor.rank ? x.layout : "given";
  return new Value(kind === "sum" ? tf.sum(x.as(layout), [...axes]) : tf.mean(x.as(layout), [...axes]));
}

/** Reshapes x. As in ONNX, 0 keeps a size. */
export function reshape(shape: readonly number[], x: Value): Value {
  const given = x.as("given");
  return new Value(
    tf.reshape(
      given,
      shape.map((size, axis) => (size === 0 ? (given.shape[axis] as number) : size)),
    ),
  );
}
