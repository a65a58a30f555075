import { constant, type Node, sub, type Tensor, tensor } from "../graph/index.js";

/** Mean of ImageNet's pictures, RGB, 0..255. */
const meanRgb = [123.68, 116.779, 103.939];

/**
 * What the first convolution of a network with Caffe's conventions reads, up to what `kernelForRgb` changes.
 * @param x RGB, 0..1, [1, 3, H, W].
 */
export function centred(x: Node): Node {
  const mean = meanRgb.map((value) => value / 255);
  return sub(x, constant(tensor([1, 3, 1, 1], mean)));
}

/** A first kernel (OIHW) for BGR of 0..255 as one for RGB of 0..1. */
export function kernelForRgb({ shape, data }: Tensor): Tensor {
  const [, channels = 0, height = 0, width = 0] = shape;
  const plane = height * width;
  const swapped = data.map((_, offset) => {
    const channel = Math.floor(offset / plane) % channels;
    return 255 * (data[offset + (channels - 1 - 2 * channel) * plane] as number);
  });
  return { shape, data: swapped };
}
