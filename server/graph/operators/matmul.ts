import { type Node } from "../node.js";
import { Operator } from "../operator.js";
import { check, dimensionAt, formatShape } from "../shape.js";
import { FREE } from "../node.js";
import { elementCount, type Tensor } from "../tensor.js";
import { add } from "./add.js";
import { transpose, transposeOperator } from "./transpose.js";

/** Product of matrices [..., M, K] and [..., K, N] of equal leading axes. */
export const matmulOperator = new Operator({
  name: "matmul",
  forward: (_, a, b) => product(a, b),
  gradients: [(upstream, _, _a, b) => matmul(upstream, swapped(b)), (upstream, _, a) => matmul(swapped(a), upstream)],
  toOnnx: (onnx, _, a, b) => onnx.add("MatMul", [a, b]),
});

/** a times its own transpose, as in Gram matrices: its gradient takes one product instead of two. */
export const selfProductOperator = new Operator({
  name: "selfProduct",
  forward: (_, a) => product(a, transposeOperator.forward(swapped({ operator: "input", inputs: [], shape: a.shape, attributes: {} }), [a])),
  gradients: [(upstream, _, a) => matmul(add(upstream, swapped(upstream)), a)],
  toOnnx: (onnx, _, a) => onnx.add("MatMul", [a, onnx.add("Transpose", [a], { perm: [] })]),
});

function product(a: Tensor, b: Tensor): Tensor {
  const [rows, inner] = a.shape.slice(-2) as [number, number];
  const [innerB, columns] = b.shape.slice(-2) as [number, number];
  check(inner === innerB, `matmul: shapes ${formatShape(a.shape)} and ${formatShape(b.shape)} do not fit`);
  const shape = [...a.shape.slice(0, -1), columns];
  const data = new Float32Array(elementCount(shape));
  for (let row = 0; row < data.length / columns; row++) {
    const matrix = Math.floor(row / rows);
    for (let column = 0; column < columns; column++) {
      let sum = 0;
      for (let k = 0; k < inner; k++) sum += (a.data[row * inner + k] as number) * (b.data[(matrix * inner + k) * columns + column] as number);
      data[row * columns + column] = sum;
    }
  }
  return { shape, data };
}

function swapLastAxes(rank: number): number[] {
  return Array.from({ length: rank }, (_, axis) => (axis < rank - 2 ? axis : 2 * rank - 3 - axis));
}

function swapped(x: Node): Node {
  return transpose(x, swapLastAxes(x.shape.length));
}

/**
 * Matrix product [..., M, K] x [..., K, N] -> [..., M, N]; leading axes must be equal.
 * @throws GraphError when the shapes do not fit.
 */
export function matmul(a: Node, b: Node): Node {
  const message = `matmul: shapes ${formatShape(a.shape)} and ${formatShape(b.shape)} do not fit`;
  const rank = a.shape.length;
  check(rank >= 2 && b.shape.length === rank, message);
  const match = (left: unknown, right: unknown) => left === right || left === FREE || right === FREE;
  check(match(a.shape[rank - 1], b.shape[rank - 2]), message);
  check(a.shape.slice(0, -2).every((size, axis) => match(size, b.shape[axis])), message);
  if (b.operator === transposeOperator.name && b.inputs[0] === a && String(b.attributes.permutation) === String(swapLastAxes(rank))) {
    return selfProductOperator.node([a], [...a.shape.slice(0, -1), dimensionAt(a.shape, -2)], {});
  }
  return matmulOperator.node([a, b], [...a.shape.slice(0, -1), dimensionAt(b.shape, -1)], {});
}
