import * as tf from "@tensorflow/tfjs-core";

/**
 * The order of a tensor's axes in memory. `given` is the order of the graph, NCHW. On most backends, TensorFlow.js
 * convolves and pools only NHWC, with kernels as HWIO (transposed ones as HWOI).
 */
export type Layout = "given" | "channelsLast" | "kernel";

/** For rank 4: axis i in the layout is axis orders[layout][i] of the given tensor. `ordersBack` has the inverses. */
const orders = { channelsLast: [0, 2, 3, 1], kernel: [2, 3, 1, 0] } as const;
const ordersBack = { channelsLast: [0, 3, 1, 2], kernel: [3, 2, 0, 1] } as const;

/** The position of an axis of the given tensor in a layout. */
export function axisIn(layout: Layout, axis: number): number {
  return layout === "given" ? axis : [...orders[layout]].indexOf(axis as 0);
}

/** One value of a graph on the device, in the layout of its computation and in the layouts requested since. */
export class Value {
  private readonly copies = new Map<Layout, tf.Tensor>();

  /** Takes ownership of `tensor`: `dispose` frees it, a tidy does not. */
  constructor(
    readonly tensor: tf.Tensor,
    readonly layout: Layout = "given",
  ) {
    this.copies.set(layout, tf.keep(tensor));
  }

  /** The tensor in `layout`, transposed at most once. Layouts other than `given` require rank 4. */
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
