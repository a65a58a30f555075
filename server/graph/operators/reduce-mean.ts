import type { Node } from "../node.js";
import { Operator } from "../operator.js";
import { normalizeAxes } from "../shape.js";
import { count } from "./count.js";
import { expandLike } from "./expand-like.js";
import { mul } from "./mul.js";
import { reciprocal } from "./reciprocal.js";
import { sumOver, withoutAxes } from "./reduce.js";
import { unsqueeze } from "./unsqueeze.js";

/** Mean over axes, which vanish from the shape. */
export const reduceMeanOperator = new Operator<{ axes: readonly number[] }>({
  name: "reduceMean",
  forward: ({ attributes }, x) => {
    const sum = sumOver(x, attributes.axes);
    const elements = attributes.axes.reduce((product, axis) => product * (x.shape[axis] as number), 1);
    return { shape: sum.shape, data: sum.data.map((value) => value / elements) };
  },
  gradients: [
    (upstream, { attributes }, x) =>
      expandLike(unsqueeze(mul(upstream, reciprocal(count(x, attributes.axes))), attributes.axes), x),
  ],
  toOnnx: (onnx, { attributes }, x) => onnx.add("ReduceMean", [x, onnx.integers(attributes.axes)], { keepdims: 0 }),
});

/** Mean over `axes` ("all" gives a scalar); the axes are not kept. Negative axes count from the end. */
export function reduceMean(x: Node, axes: readonly number[] | "all"): Node {
  const sorted = normalizeAxes("reduceMean", axes, x.shape.length);
  return sorted.length === 0 ? x : reduceMeanOperator.node([x], withoutAxes(x.shape, sorted), { axes: sorted });
}
