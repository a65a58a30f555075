import { type Dimension, FREE, type Node, type Shape } from "../node.js";
import { Operator } from "../operator.js";
import { check, dimensionAt, formatShape } from "../shape.js";
import { fillByIndex } from "../tensor.js";
import { add } from "./arithmetic.js";
import { transpose, transposeOperator } from "./shapes.js";

/** Product of matrices [..., M, K] and [..., K, N] with equal leading axes. */
export const matmulOperator = new Operator({
  name: "matmul",
  shape: (_, a, b) => productShape(a, b),
  forward: (shape, _, a, b) => {
    const [rows, inner] = a.shape.slice(-2) as [number, number];
    const columns = dimensionAt(shape, -1);
    return fillByIndex(shape, (_index, offset) => {
      const row = Math.floor(offset / columns);
      const first = Math.floor(row / rows) * inner * columns + (offset % columns);
      let sum = 0;
      for (let k = 0; k < inner; k++) sum += (a.data[row * inner + k] as number) * (b.data[first + k * columns] as number);
      return sum;
    });
  },
  gradients: [(upstream, _, _a, b) => matmul(upstream, swapped(b)), (upstream, _, a) => matmul(swapped(a), upstream)],
  toOnnx: (onnx, _, a, b) => onnx.add("MatMul", [a, b]),
});

/** a times its own transpose, as in Gram matrices. Its gradient takes one matrix product instead of two. */
export const selfProductOperator = new Operator({
  name: "selfProduct",
  shape: (_, a) => [...a.slice(0, -1), dimensionAt(a, -2)],
  forward: (shape, _, a) => {
    const [rows, inner] = a.shape.slice(-2) as [number, number];
    return fillByIndex(shape, (_index, offset) => {
      const left = Math.floor(offset / rows) * inner;
      const right = (Math.floor(offset / (rows * rows)) * rows + (offset % rows)) * inner;
      let sum = 0;
      for (let k = 0; k < inner; k++) sum += (a.data[left + k] as number) * (a.data[right + k] as number);
      return sum;
    });
  },
  gradients: [(upstream, _, a) => matmul(add(upstream, swapped(upstream)), a)],
  toOnnx: (onnx, { shape }, a) => onnx.add("MatMul", [a, onnx.add("Transpose", [a], { perm: swapLastAxes(shape.length) })]),
});

/**
 * Matrix product [..., M, K] x [..., K, N] -> [..., M, N] with equal leading axes.
 * @throws GraphError when the shapes do not fit.
 */
export function matmul(a: Node, b: Node): Node {
  const isOwnTranspose = b.operator === transposeOperator.name && b.inputs[0] === a;
  if (isOwnTranspose && String(b.attributes.permutation) === String(swapLastAxes(a.shape.length))) return selfProductOperator.node([a], {});
  return matmulOperator.node([a, b], {});
}

function productShape(a: Shape, b: Shape): Dimension[] {
  const message = `matmul: shapes ${formatShape(a)} and ${formatShape(b)} do not fit`;
  const match = (left: Dimension, right: Dimension) => left === right || left === FREE || right === FREE;
  check(a.length >= 2 && b.length === a.length && match(dimensionAt(a, -1), dimensionAt(b, -2)), message);
  check(
    a.slice(0, -2).every((size, axis) => match(size, dimensionAt(b, axis))),
    message,
  );
  return [...a.slice(0, -1), dimensionAt(b, -1)];
}

function swapLastAxes(rank: number): number[] {
  return Array.from({ length: rank }, (_, axis) => (axis < rank - 2 ? axis : 2 * rank - 3 - axis));
}

function swapped(x: Node): Node {
  return transpose(x, swapLastAxes(x.shape.length));
}
