import { constant, type Node } from "../node.js";
import { noGradient, Operator } from "../operator.js";
import { broadcastShapes, check, formatShape, normalizeAxes } from "../shape.js";
import { broadcastValues, eachIndex, elementCount, scalar, stridesOf, type Tensor } from "../tensor.js";
import { expandLike, expandLikeOperator, unsqueeze } from "./shapes.js";

/** a + b under NumPy broadcasting. */
export const addOperator = new Operator({
  name: "add",
  shape: (_, a, b) => broadcastShapes("add", a, b),
  forward: (shape, _, a, b) => broadcastValues(shape, a, b, (x, y) => x + y),
  gradients: [(upstream, _, a) => sumToShapeOf(upstream, a), (upstream, _, _a, b) => sumToShapeOf(upstream, b)],
  toOnnx: (onnx, _, a, b) => onnx.add("Add", [a, b]),
});

/** a - b under NumPy broadcasting. */
export const subOperator = new Operator({
  name: "sub",
  shape: (_, a, b) => broadcastShapes("sub", a, b),
  forward: (shape, _, a, b) => broadcastValues(shape, a, b, (x, y) => x - y),
  gradients: [(upstream, _, a) => sumToShapeOf(upstream, a), (upstream, _, _a, b) => mul(sumToShapeOf(upstream, b), constant(scalar(-1)))],
  toOnnx: (onnx, _, a, b) => onnx.add("Sub", [a, b]),
});

/** a * b under NumPy broadcasting. */
export const mulOperator = new Operator({
  name: "mul",
  shape: (_, a, b) => broadcastShapes("mul", a, b),
  forward: (shape, _, a, b) => broadcastValues(shape, a, b, (x, y) => x * y),
  gradients: [(upstream, node, a, b) => towardsFactor(a, b, upstream, node), (upstream, node, a, b) => towardsFactor(b, a, upstream, node)],
  toOnnx: (onnx, _, a, b) => onnx.add("Mul", [a, b]),
});

/** 1 / x; the derivative is -1 / x^2. */
export const reciprocalOperator = new Operator({
  name: "reciprocal",
  shape: (_, x) => [...x],
  forward: (_shape, _, x) => x.data.map((value) => 1 / value),
  gradients: [(upstream, node) => mul(upstream, mul(constant(scalar(-1)), mul(node, node)))],
  toOnnx: (onnx, _, x) => onnx.add("Reciprocal", [x]),
});

/** |x|; the derivative at 0 is 0. */
export const absOperator = new Operator({
  name: "abs",
  shape: (_, x) => [...x],
  forward: (_shape, _, x) => x.data.map(Math.abs),
  gradients: [(upstream, _, x) => mul(upstream, signOperator.node([x], {}))],
  toOnnx: (onnx, _, x) => onnx.add("Abs", [x]),
});

/** -1, 0 or 1. */
export const signOperator = new Operator({
  name: "sign",
  shape: (_, x) => [...x],
  forward: (_shape, _, x) => x.data.map(Math.sign),
  gradients: [noGradient],
  // A large factor pushes every value except 0 out of the bounds. ONNX Runtime's own Sign takes several times as long.
  toOnnx: (onnx, _, x) => onnx.add("Clip", [onnx.add("Mul", [x, onnx.scalar(3e38)]), onnx.scalar(-1), onnx.scalar(1)]),
});

interface ReductionAttributes {
  axes: readonly number[];
}

/** Sum over axes, which the result drops. */
export const reduceSumOperator = new Operator<ReductionAttributes>({
  name: "reduceSum",
  shape: ({ axes }, x) => withoutAxes(x, axes),
  forward: (_shape, { axes }, x) => Float32Array.from(sumOver(x, axes)),
  gradients: [(upstream, { attributes: { axes } }, x) => expandLike(unsqueeze(upstream, axes), x)],
  toOnnx: (onnx, { attributes: { axes } }, x) => onnx.add("ReduceSum", [x, onnx.integers(axes)], { keepdims: 0 }),
});

/** Mean over axes, which the result drops. */
export const reduceMeanOperator = new Operator<ReductionAttributes>({
  name: "reduceMean",
  shape: ({ axes }, x) => withoutAxes(x, axes),
  forward: (_shape, { axes }, x) => Float32Array.from(sumOver(x, axes), (sum) => sum / countAlong(x.shape, axes)),
  gradients: [(upstream, { attributes: { axes } }, x) => expandLike(unsqueeze(mul(upstream, reciprocal(count(x, axes))), axes), x)],
  toOnnx: (onnx, { attributes: { axes } }, x) => onnx.add("ReduceMean", [x, onnx.integers(axes)], { keepdims: 0 }),
});

/** Number of elements along axes, found at run time. Exact up to 2^24, like float32. */
export const countOperator = new Operator<ReductionAttributes>({
  name: "count",
  shape: () => [],
  forward: (_shape, { axes }, x) => Float32Array.of(countAlong(x.shape, axes)),
  gradients: [noGradient],
  toOnnx: (onnx, { attributes: { axes } }, x) => {
    const sizes = onnx.add("Gather", [onnx.add("Shape", [x]), onnx.integers(axes)], { axis: 0 });
    return onnx.add("Cast", [onnx.add("ReduceProd", [sizes], { keepdims: 0 })], { to: 1 });
  },
});

/** a + b under NumPy broadcasting; two free dimensions are assumed to be equal. */
export function add(a: Node, b: Node): Node {
  return addOperator.node([a, b], {});
}

/** a - b under NumPy broadcasting; two free dimensions are assumed to be equal. */
export function sub(a: Node, b: Node): Node {
  return subOperator.node([a, b], {});
}

/** a * b under NumPy broadcasting; two free dimensions are assumed to be equal. */
export function mul(a: Node, b: Node): Node {
  return mulOperator.node([a, b], {});
}

/** 1 / x, element by element. */
export function reciprocal(x: Node): Node {
  return reciprocalOperator.node([x], {});
}

/** Absolute value, element by element. */
export function abs(x: Node): Node {
  return absOperator.node([x], {});
}

/** Sum over `axes`, or over all elements, without keeping the axes. Negative axes count from the end. */
export function reduceSum(x: Node, axes: readonly number[] | "all"): Node {
  const sorted = normalizeAxes("reduceSum", axes, x.shape.length);
  return sorted.length === 0 ? x : reduceSumOperator.node([x], { axes: sorted });
}

/** Mean over `axes`, or over all elements, without keeping the axes. Negative axes count from the end. */
export function reduceMean(x: Node, axes: readonly number[] | "all"): Node {
  const sorted = normalizeAxes("reduceMean", axes, x.shape.length);
  return sorted.length === 0 ? x : reduceMeanOperator.node([x], { axes: sorted });
}

/** Number of elements of x along `axes`, or of all: a constant if the sizes are known, else found at run time. */
export function count(x: Node, axes: readonly number[] | "all"): Node {
  const sorted = normalizeAxes("count", axes, x.shape.length);
  const sizes = sorted.map((axis) => x.shape[axis]);
  if (!sizes.every((size) => typeof size === "number")) return countOperator.node([x], { axes: sorted });
  return constant(scalar(elementCount(sizes)));
}

/** Sums `gradient` over the axes along which `target` was broadcast, so that the result has the shape of `target`. */
function sumToShapeOf(gradient: Node, target: Node): Node {
  const added = gradient.shape.length - target.shape.length;
  check(added >= 0, `a gradient of shape ${formatShape(gradient.shape)} has too few axes for ${formatShape(target.shape)}`);
  const axes: number[] = [];
  const kept: number[] = [];
  gradient.shape.forEach((size, axis) => {
    if (axis < added) axes.push(axis);
    else if (target.shape[axis - added] === 1 && size !== 1) {
      axes.push(axis);
      kept.push(axis - added);
    }
  });
  if (axes.length === 0) return gradient;
  const summed = reduceSum(gradient, axes);
  return kept.length === 0 ? summed : unsqueeze(summed, kept);
}

/** Gradient towards one factor of a product. */
function towardsFactor(factor: Node, other: Node, upstream: Node, product: Node): Node {
  return sumToShapeOf(mul(unexpanded(upstream, other, product), other), factor);
}

/** The gradient of a sum is one number repeated. Returns it unrepeated if multiplying by `other` repeats it anyway. */
function unexpanded(upstream: Node, other: Node, product: Node): Node {
  const broadcastsAnyway = other.shape.length === product.shape.length && other.shape.every((size, axis) => size === product.shape[axis]);
  const [compact] = upstream.inputs;
  return upstream.operator === expandLikeOperator.name && broadcastsAnyway && compact !== undefined ? compact : upstream;
}

function withoutAxes<Size>(shape: readonly Size[], axes: readonly number[]): Size[] {
  return shape.filter((_, axis) => !axes.includes(axis));
}

/** Sums over `axes`, in double precision. */
function sumOver(x: Tensor, axes: readonly number[]): Float64Array {
  const shape = withoutAxes(x.shape, axes);
  const kept = x.shape.map((_, axis) => axis).filter((axis) => !axes.includes(axis));
  const strides = stridesOf(shape);
  const sums = new Float64Array(elementCount(shape));
  eachIndex(x.shape, (index, offset) => {
    let target = 0;
    for (let k = 0; k < kept.length; k++) target += (index[kept[k] as number] as number) * (strides[k] as number);
    sums[target] = (sums[target] as number) + (x.data[offset] as number);
  });
  return sums;
}

/** Number of elements along `axes`. */
export function countAlong(shape: readonly number[], axes: readonly number[]): number {
  return axes.reduce((product, axis) => product * (shape[axis] as number), 1);
}
