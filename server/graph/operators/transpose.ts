import type { Node } from "../node.js";
import { Operator } from "../operator.js";
import { check, dimensionAt, fillByIndex, normalizeAxes, stridesOf } from "../shape.js";
import type { Tensor } from "../tensor.js";

/** Axes in another order: axis i of the result is axis permutation[i] of x. */
export const transposeOperator = new Operator<{ permutation: readonly number[] }>({
  name: "transpose",
  forward: ({ attributes }, x) => permute(x, attributes.permutation),
  gradients: [(upstream, { attributes }) => transpose(upstream, inverse(attributes.permutation))],
  toOnnx: (onnx, { attributes }, x) => onnx.add("Transpose", [x], { perm: attributes.permutation }),
});

function permute(x: Tensor, permutation: readonly number[]): Tensor {
  const shape = permutation.map((axis) => dimensionAt(x.shape, axis));
  const strides = stridesOf(x.shape);
  const data = fillByIndex(shape, (index) => {
    let source = 0;
    for (let axis = 0; axis < index.length; axis++) source += (index[axis] as number) * (strides[permutation[axis] as number] as number);
    return x.data[source] as number;
  });
  return { shape, data };
}

function inverse(permutation: readonly number[]): number[] {
  return permutation.map((_, axis) => permutation.indexOf(axis));
}

/** x with its axes reordered: axis i of the result is axis permutation[i] of x. */
export function transpose(x: Node, permutation: readonly number[]): Node {
  check(permutation.length === x.shape.length, `transpose: [${permutation.join(", ")}] does not name ${x.shape.length} axes`);
  normalizeAxes("transpose", permutation, x.shape.length);
  const axes = permutation.map((axis) => (axis < 0 ? axis + x.shape.length : axis));
  return transposeOperator.node([x], axes.map((axis) => dimensionAt(x.shape, axis)), { permutation: axes });
}
