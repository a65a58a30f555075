import { type Dimension, FREE, type Node } from "../node.js";
import { Operator } from "../operator.js";
import { check, formatShape } from "../shape.js";
import { elementCount, type Tensor } from "../tensor.js";

/** The same elements in another shape; 0 keeps a size, one -1 takes what is left, as in ONNX. */
export const reshapeOperator = new Operator<{ shape: readonly number[] }>({
  name: "reshape",
  forward: ({ attributes }, x) => reshaped(x, attributes.shape),
  gradients: [(upstream, _, x) => reshapeLikeOperator.node([upstream, x], x.shape, {})],
  toOnnx: (onnx, { attributes }, x) => onnx.add("Reshape", [x, onnx.integers(attributes.shape)]),
});

/** (x, like) -> x in like's shape. */
export const reshapeLikeOperator = new Operator({
  name: "reshapeLike",
  forward: (_, x, like) => reshaped(x, like.shape),
  gradients: [],
  toOnnx: (onnx, node, x, like) => {
    const free = node.shape.filter((size) => size === FREE).length;
    const target = free > 1 ? onnx.add("Shape", [like]) : onnx.integers(node.shape.map((size) => (size === FREE ? -1 : size)));
    return onnx.add("Reshape", [x, target]);
  },
});

function reshaped(x: Tensor, target: readonly number[]): Tensor {
  const kept = target.map((size, axis) => (size === 0 ? (x.shape[axis] as number) : size));
  const known = kept.filter((size) => size !== -1).reduce((product, size) => product * size, 1);
  const shape = kept.map((size) => (size === -1 ? x.data.length / known : size));
  check(elementCount(shape) === x.data.length && shape.every(Number.isInteger), `reshape: ${formatShape(x.shape)} does not fill ${formatShape(target)}`);
  return { shape, data: x.data };
}

/**
 * x in `shape`, where 0 keeps the size at that axis and one -1 takes what is left.
 * @throws GraphError when the sizes that are known do not fit.
 */
export function reshape(x: Node, shape: readonly number[]): Node {
  const message = `reshape: ${formatShape(x.shape)} does not fill [${shape.join(", ")}]`;
  check(shape.every((size) => Number.isInteger(size) && size >= -1) && shape.filter((size) => size === -1).length <= 1, message);
  check(shape.every((size, axis) => size !== 0 || axis < x.shape.length), message);
  const kept = shape.map((size, axis): Dimension => (size === 0 ? (x.shape[axis] as Dimension) : size));
  return reshapeOperator.node([x], inferred(x.shape, kept, message), { shape });
}

/** Works out -1 where everything else is known; free sizes that stand on both sides cancel. */
function inferred(from: readonly Dimension[], to: readonly Dimension[], message: string): Dimension[] {
  const freeFrom = from.filter((size) => size === FREE).length;
  const freeTo = to.filter((size) => size === FREE).length;
  const known = (shape: readonly Dimension[]) =>
    shape.reduce<number>((product, size) => (size === FREE || size === -1 ? product : product * size), 1);
  const rest = known(from) / known(to);
  if (freeFrom !== freeTo) return to.map((size) => (size === -1 ? FREE : size));
  check(to.includes(-1) ? Number.isInteger(rest) : rest === 1, message);
  return to.map((size) => (size === -1 ? rest : size));
}
