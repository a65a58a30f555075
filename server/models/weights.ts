import { AtelierError } from "../errors.js";
import { constant, type Node, type Tensor } from "../graph/index.js";

/** A network's weights by tensor name. */
export type Weights = Readonly<Record<string, Tensor>>;

/** The tensor of that name. @throws AtelierError UNAVAILABLE when it is missing or of another shape. */
export function weightOf(weights: Weights, name: string, shape: readonly number[]): Tensor {
  const weight = Object.hasOwn(weights, name) ? weights[name] : undefined;
  if (weight === undefined) throw unusable(`it holds no tensor "${name}"`);
  if (weight.shape.join() !== shape.join()) {
    throw unusable(`tensor "${name}" has shape [${weight.shape.join(", ")}], not [${shape.join(", ")}]`);
  }
  return weight;
}

/** Weight and bias of a convolution with square kernels and OIHW weights, as conv2d takes them. @throws as `weightOf`. */
export function convolutionOf(weights: Weights, name: string, outputs: number, inputs: number, kernel: number): [Node, Node] {
  const weight = weightOf(weights, `${name}.weight`, [outputs, inputs, kernel, kernel]);
  return [constant(weight), constant(weightOf(weights, `${name}.bias`, [outputs]))];
}

function unusable(reason: string): AtelierError {
  return new AtelierError("UNAVAILABLE", `The network's file cannot be used: ${reason}.`);
}
