import { type Dimension, FREE, type Node } from "../node.js";
import { Operator, type Shape } from "../operator.js";
import { check, formatShape } from "../shape.js";

/** The same elements in another shape; 0 keeps a size, one -1 takes what is left, as in ONNX. */
export const reshapeOperator = new Operator<{ shape: readonly number[] }>({
  name: "reshape",
  shape: ({ shape }, x) => reshaped(x, shape),
  forward: (_shape, _, x) => x.data,
  gradients: [(upstream, _, x) => reshapeLikeOperator.node([upstream, x], {})],
  toOnnx: (onnx, { attributes }, x) => onnx.add("Reshape", [x, onnx.integers(attributes.shape)]),
});

/** (x, like) -> x in like's shape. */
export const reshapeLikeOperator = new Operator({
  name: "reshapeLike",
  shape: (_, x, like) => {
    checkFill(x, like);
    return [...like];
  },
  forward: (_shape, _, x) => x.data,
  gradients: [],
  toOnnx: (onnx, node, x, like) => {
    const free = node.shape.filter((size) => size === FREE).length;
    const target = free > 1 ? onnx.add("Shape", [like]) : onnx.integers(node.shape.map((size) => (size === FREE ? -1 : size)));
    return onnx.add("Reshape", [x, target]);
  },
});

/** Works out 0 and -1; what follows from different numbers of free sizes stays free. */
function reshaped(x: Shape, target: readonly number[]): Dimension[] {
  const kept = target.map((size, axis): Dimension => (size === 0 ? (x[axis] as Dimension) : size));
  const known = kept.filter((size) => size !== -1);
  const left = -1 === Math.min(...target) ? quotient(x, known) : 1;
  const shape = kept.map((size) => (size === -1 ? left : size));
  checkFill(x, shape);
  return shape;
}

function product(shape: Shape): number {
  return shape.reduce<number>((result, size) => (size === FREE ? result : result * size), 1);
}

function freeCount(shape: Shape): number {
  return shape.filter((size) => size === FREE).length;
}

function quotient(whole: Shape, part: Shape): Dimension {
  return freeCount(whole) === freeCount(part) ? product(whole) / product(part) : FREE;
}

function checkFill(x: Shape, shape: Shape): void {
  const fits = freeCount(x) !== freeCount(shape) || product(x) === product(shape);
  check(
    fits && shape.every((size) => size === FREE || Number.isInteger(size)),
    `reshape: ${formatShape(x)} does not fill ${formatShape(shape)}`,
  );
}

/**
 * x in `shape`, where 0 keeps the size at that axis and one -1 takes what is left.
 * @throws GraphError when the sizes that are known do not fit.
 */
export function reshape(x: Node, shape: readonly number[]): Node {
  const message = `reshape: ${formatShape(x.shape)} does not fill [${shape.join(", ")}]`;
  check(shape.every((size) => Number.isInteger(size) && size >= -1) && shape.filter((size) => size === -1).length <= 1, message);
  check(
    shape.every((size, axis) => size !== 0 || axis < x.shape.length),
    message,
  );
  return reshapeOperator.node([x], { shape });
}
