import { type Dimension, FREE, type Node } from "../node.js";
import { Operator, type Shape } from "../operator.js";
import { check, dimensionAt, fillByIndex, formatShape, innerSize, sameShape } from "../shape.js";
import { slice } from "./slice.js";

/** The second input behind the first along one axis. */
export const concatOperator = new Operator<{ axis: number }>({
  name: "concat",
  shape: ({ axis }, a, b) => {
    const length = lengthOf(a, axis) + lengthOf(b, axis);
    const [first, second] = [a, b].map((shape) => shape.map((size, place): Dimension => (place === axis ? length : size)));
    return sameShape("concat", first as Shape, second as Shape);
  },
  forward: (shape, { axis }, a, b) => {
    const inner = innerSize(shape, axis);
    const [whole, first] = [dimensionAt(shape, axis) * inner, dimensionAt(a.shape, axis) * inner];
    return fillByIndex(shape, (_, offset) => {
      const [step, position] = [Math.floor(offset / whole), offset % whole];
      return (position < first ? a.data[step * first + position] : b.data[step * (whole - first) + position - first]) as number;
    });
  },
  gradients: [
    (upstream, { attributes: { axis } }, a) => slice(upstream, { axis, start: 0, end: lengthOf(a.shape, axis) }),
    (upstream, { attributes: { axis } }, a) => slice(upstream, { axis, start: lengthOf(a.shape, axis) }),
  ],
  toOnnx: (onnx, { attributes: { axis } }, a, b) => onnx.add("Concat", [a, b], { axis }),
});

function lengthOf(shape: Shape, axis: number): number {
  const length = dimensionAt(shape, axis);
  check(length !== FREE, `concat: the length of ${formatShape(shape)} along axis ${axis} must be known`);
  return length;
}

/**
 * b behind a along `axis`, where both lengths are known when the graph is built; all other sizes are the same.
 * @throws GraphError when they do not fit.
 */
export function concat(a: Node, b: Node, { axis }: { axis: number }): Node {
  check(Number.isInteger(axis) && axis >= 0, `concat: ${axis} is no axis`);
  return concatOperator.node([a, b], { axis });
}
