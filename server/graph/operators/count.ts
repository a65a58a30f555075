import { constant, type Node } from "../node.js";
import { noGradient, Operator } from "../operator.js";
import { normalizeAxes } from "../shape.js";
import { scalar } from "../tensor.js";
import { countAlong } from "./reduce.js";

/** Number of elements along axes, at run time. Exact up to 2^24, as float32 is. */
export const countOperator = new Operator<{ axes: readonly number[] }>({
  name: "count",
  shape: () => [],
  forward: (_shape, { axes }, x) => Float32Array.of(countAlong(x.shape, axes)),
  gradients: [noGradient],
  toOnnx: (onnx, { attributes }, x) => {
    const sizes = onnx.add("Gather", [onnx.add("Shape", [x]), onnx.integers(attributes.axes)], { axis: 0 });
    return onnx.add("Cast", [onnx.add("ReduceProd", [sizes], { keepdims: 0 })], { to: 1 });
  },
});

/** Number of elements of x along `axes` ("all": of the whole tensor), a scalar known when the graph runs. */
export function count(x: Node, axes: readonly number[] | "all"): Node {
  const sorted = normalizeAxes("count", axes, x.shape.length);
  const sizes = sorted.map((axis) => x.shape[axis]);
  if (!sizes.every((size) => typeof size === "number")) return countOperator.node([x], { axes: sorted });
  return constant(scalar(sizes.reduce((product, size) => product * size, 1)));
}
