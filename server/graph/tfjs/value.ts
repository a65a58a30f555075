import * as tf from "@tensorflow/tfjs-core";

/**
 * How the axes of a tensor lie in memory. `given` is the graph's own order, NCHW; TensorFlow.js convolves and pools NHWC
 * alone on most backends, and wants kernels as HWIO (transposed ones as HWOI).
 */
export type Layout = "given" | "channelsLast" | "kernel";

/** Axis i of a tensor in the layout is axis order[i] of the given one; rank 4. */
const orders = { channelsLast: [0, 2, 3, 1], kernel: [2, 3, 1, 0] } as const;
const ordersBack = { channelsLast: [0, 3, 1, 2], kernel: [3, 2, 0, 1] } as const;

/** Where an axis of the given tensor lies in a layout. */
export function axisIn(layout: Layout, axis: number): number {
  return layout === "given" ? axis : [...orders[layout]].indexOf(axis as 0);
}

/** One value of a graph on the device, in the layout that it was computed in and in those that were asked for since. */
export class Value {
  private readonly copies = new Map<Layout, tf.Tensor>();

  /** Takes `tensor` over: no tidy frees it, `dispose` does. */
  constructor(
    readonly tensor: tf.Tensor,
    readonly layout: Layout = "given",
  ) {
    this.copies.set(layout, tf.keep(tensor));
  }

  /** The tensor in `layout`, transposed at most once. Layouts other than `given` are for rank 4. */
  as(layout: Layout): tf.Tensor {
    const known = this.copies.get(layout);
    if (known !== undefined) return known;
    const given = this.layout === "given" ? this.tensor : tf.transpose(this.tensor, [...ordersBack[this.layout]]);
    const copy = layout === "given" ? given : tf.transpose(given, [...orders[layout]]);
    this.copies.set(layout, tf.keep(copy));
    return copy;
  }

  dispose(): void {
    for (const tensor of this.copies.values()) tensor.dispose();
  }
}
