import type { Tensor } from "../tensor.js";

/** How a convolution moves; padding is of zeros, the same on all four sides. */
export interface ConvolutionAttributes {
  stride: number;
  padding: number;
  groups: number;
}

/** Sizes of a convolution x [N, C, H, W] * weight [O, C / groups, kH, kW] -> y [N, O, h, w]. */
interface Sizes {
  x: Tensor;
  weight: Tensor;
  y: Tensor;
}

/** Calls `visit` with the offsets into x, weight and y of every product that a convolution adds up. */
export function eachProduct(
  { x, weight, y }: Sizes,
  { stride, padding, groups }: ConvolutionAttributes,
  visit: (x: number, weight: number, y: number) => void,
): void {
  const [batch = 0, inputs = 0, height = 0, width = 0] = x.shape;
  const [outputs = 0, groupInputs = 0, kernelHeight = 0, kernelWidth = 0] = weight.shape;
  const [, , outHeight = 0, outWidth = 0] = y.shape;
  const groupOutputs = outputs / groups;
  for (let n = 0; n < batch; n++) {
    for (let o = 0; o < outputs; o++) {
      const firstInput = Math.floor(o / groupOutputs) * groupInputs;
      for (let c = 0; c < groupInputs; c++) {
        for (let ky = 0; ky < kernelHeight; ky++) {
          for (let kx = 0; kx < kernelWidth; kx++) {
            const tap = ((o * groupInputs + c) * kernelHeight + ky) * kernelWidth + kx;
            for (let row = 0; row < outHeight; row++) {
              const sourceRow = row * stride + ky - padding;
              if (sourceRow < 0 || sourceRow >= height) continue;
              const source = ((n * inputs + firstInput + c) * height + sourceRow) * width + kx - padding;
              const target = ((n * outputs + o) * outHeight + row) * outWidth;
              for (let column = 0; column < outWidth; column++) {
                const sourceColumn = column * stride + kx - padding;
                if (sourceColumn >= 0 && sourceColumn < width) visit(source + column * stride, tap, target + column);
              }
            }
          }
        }
      }
    }
  }
}
