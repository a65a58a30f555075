import type { Node } from "../node.js";
import { Operator } from "../operator.js";
import { check, dimensionAt, fillByIndex, normalizeAxes, stridesOf } from "../shape.js";

/** Axes in another order: axis i of the result is axis permutation[i] of x. */
export const transposeOperator = new Operator<{ permutation: readonly number[] }>({
  name: "transpose",
  shape: ({ permutation }, x) => permutation.map((axis) => dimensionAt(x, axis)),
  forward: (shape, { permutation }, x) => {
    const strides = stridesOf(x.shape);
    return fillByIndex(shape, (index) => {
      let source = 0;
      for (let axis = 0; axis < index.length; axis++) {
        source += (index[axis] as number) * (strides[permutation[axis] as number] as number);
      }
      return x.data[source] as number;
    });
  },
  gradients: [(upstream, { attributes }) => transpose(upstream, inverse(attributes.permutation))],
  toOnnx: (onnx, { attributes }, x) => onnx.add("Transpose", [x], { perm: attributes.permutation }),
});

function inverse(permutation: readonly number[]): number[] {
  return permutation.map((_, axis) => permutation.indexOf(axis));
}

/** x with its axes reordered: axis i of the result is axis permutation[i] of x. @throws GraphError unless each is named once. */
export function transpose(x: Node, permutation: readonly number[]): Node {
  const rank = x.shape.length;
  check(permutation.length === rank, `transpose: [${permutation.join(", ")}] does not name ${rank} axes`);
  normalizeAxes("transpose", permutation, rank);
  return transposeOperator.node([x], { permutation: permutation.map((axis) => (axis < 0 ? axis + rank : axis)) });
}
