import { GraphError, type Node } from "../node.js";
import { formatShape } from "../shape.js";
import { reduceSum } from "./reduce-sum.js";
import { unsqueeze } from "./unsqueeze.js";

/** Sums `gradient` over the axes along which `target` was broadcast, so that it has the target's shape. */
export function sumToShapeOf(gradient: Node, target: Node): Node {
  const rank = gradient.shape.length;
  const added = rank - target.shape.length;
  if (added < 0)
    throw new GraphError(`a gradient of shape ${formatShape(gradient.shape)} has too few axes for ${formatShape(target.shape)}`);
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
