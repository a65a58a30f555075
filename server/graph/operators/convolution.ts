/** How a convolution moves; padding is of zeros, the same on all four sides. */
export interface ConvolutionAttributes {
  stride: number;
  padding: number;
  groups: number;
}

/**
 * Calls `visit` with the offsets into x [N, C, H, W], weight [O, C / groups, kH, kW] and result [N, O, h, w] of every
 * product that a convolution adds up.
 */
export function eachProduct(
  x: readonly number[],
  weight: readonly number[],
  result: readonly number[],
  { stride, padding, groups }: ConvolutionAttributes,
  visit: (x: number, weight: number, result: number) => void,
): void {
  const [batch = 0, inputs = 0, height = 0, width = 0] = x;
  const [outputs = 0, groupInputs = 0, kernelHeight = 0, kernelWidth = 0] = weight;
  const [, , outHeight = 0, outWidth = 0] = result;
  for (let n = 0; n < batch; n++) {
    for (let o = 0; o < outputs; o++) {
      const firstInput = Math.floor((o * groups) / outputs) * groupInputs;
      for (let c = 0; c < groupInputs; c++) {
        for (let tap = 0; tap < kernelHeight * kernelWidth; tap++) {
          const ky = Math.floor(tap / kernelWidth) - padding;
          const kx = (tap % kernelWidth) - padding;
          const weightOffset = (o * groupInputs + c) * kernelHeight * kernelWidth + tap;
          for (let row = 0; row < outHeight; row++) {
            const sourceRow = row * stride + ky;
            if (sourceRow < 0 || sourceRow >= height) continue;
            const source = ((n * inputs + firstInput + c) * height + sourceRow) * width;
            const target = ((n * outputs + o) * outHeight + row) * outWidth;
            for (let column = 0; column < outWidth; column++) {
              const sourceColumn = column * stride + kx;
              if (sourceColumn >= 0 && sourceColumn < width) visit(source + sourceColumn, weightOffset, target + column);
            }
          }
        }
      }
    }
  }
}
