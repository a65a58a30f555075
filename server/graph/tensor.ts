/** A dense float32 array in row-major order; pictures and features are NCHW. */
export interface Tensor {
  readonly shape: readonly number[];
  readonly data: Float32Array;
}

/** Number of elements of a shape; 1 for a scalar (`[]`). */
export function elementCount(shape: readonly number[]): number {
  return shape.reduce((product, size) => product * size, 1);
}

/** A tensor over `data`; @throws RangeError when the length does not fit the shape. */
export function tensor(shape: readonly number[], data: Float32Array | readonly number[]): Tensor {
  const values = data instanceof Float32Array ? data : Float32Array.from(data);
  if (values.length !== elementCount(shape)) {
    throw new RangeError(`${values.length} values do not fill a tensor of shape [${shape.join(", ")}]`);
  }
  return { shape, data: values };
}

/** A scalar tensor (shape `[]`). */
export function scalar(value: number): Tensor {
  return { shape: [], data: Float32Array.of(value) };
}
