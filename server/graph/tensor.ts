/** A dense float32 array in row-major order. Pictures and features are NCHW. */
export interface Tensor {
  readonly shape: readonly number[];
  readonly data: Float32Array;
}

/** A tensor over `data`; a Float32Array is not copied. @throws RangeError when the length does not fit the shape. */
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

/** Number of elements of a shape; 1 for a scalar (`[]`). */
export function elementCount(shape: readonly number[]): number {
  return shape.reduce((product, size) => product * size, 1);
}

/** Number of elements in one step along `axis`. */
export function innerSize(shape: readonly number[], axis: number): number {
  return elementCount(shape.slice(axis + 1));
}

/** Row-major strides of a shape. */
export function stridesOf(shape: readonly number[]): number[] {
  const strides = new Array<number>(shape.length).fill(1);
  for (let axis = shape.length - 2; axis >= 0; axis--) {
    strides[axis] = (strides[axis + 1] as number) * (shape[axis + 1] as number);
  }
  return strides;
}

/** Calls `visit` with every index of `shape` in row-major order. The index array is reused between calls. */
export function eachIndex(shape: readonly number[], visit: (index: readonly number[], offset: number) => void): void {
  const index = new Array<number>(shape.length).fill(0);
  const count = elementCount(shape);
  for (let offset = 0; offset < count; offset++) {
    visit(index, offset);
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      index[axis] = (index[axis] as number) + 1;
      if ((index[axis] as number) < (shape[axis] as number)) break;
      index[axis] = 0;
    }
  }
}

/** A new array with one value for each index of `shape`. */
export function fillByIndex(shape: readonly number[], value: (index: readonly number[], offset: number) => number): Float32Array {
  const data = new Float32Array(elementCount(shape));
  eachIndex(shape, (index, offset) => {
    data[offset] = value(index, offset);
  });
  return data;
}

/** Combines two tensors element by element after broadcasting both to `shape`, as NumPy does. */
export function broadcastValues(shape: readonly number[], a: Tensor, b: Tensor, combine: (a: number, b: number) => number): Float32Array {
  const left = broadcastStrides(a.shape, shape.length);
  const right = broadcastStrides(b.shape, shape.length);
  return fillByIndex(shape, (index) => {
    let i = 0;
    let j = 0;
    for (let axis = 0; axis < index.length; axis++) {
      i += (index[axis] as number) * (left[axis] as number);
      j += (index[axis] as number) * (right[axis] as number);
    }
    return combine(a.data[i] as number, b.data[j] as number);
  });
}

/** Strides that stay on the same element along every axis that is broadcast. */
function broadcastStrides(shape: readonly number[], rank: number): number[] {
  const strides = stridesOf(shape).map((stride, axis) => (shape[axis] === 1 ? 0 : stride));
  return [...new Array<number>(rank - shape.length).fill(0), ...strides];
}
