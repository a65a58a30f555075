import type { FeatureNetwork } from "../../server/art/feature-network.js";
import { seededRandom } from "../../server/art/starting-picture.js";
import { constant, type Node } from "../../server/graph/node.js";
import { avgPool, conv2d, relu } from "../../server/graph/operators/index.js";
import { type Tensor, tensor } from "../../server/graph/tensor.js";

const channels = [3, 4, 6];

/** A feature network of two random 3x3 convolutions with a pooling between: real in form, cheap enough for any test. */
export function tinyNetwork(seed = 1): FeatureNetwork {
  const random = seededRandom(seed);
  const noise = (shape: number[]): Tensor =>
    tensor(
      shape,
      Array.from({ length: shape.reduce((a, b) => a * b, 1) }, () => random() - 0.45),
    );
  const weights = [0, 1].map((i) => ({
    weight: constant(noise([channels[i + 1]!, channels[i]!, 3, 3])),
    bias: constant(noise([channels[i + 1]!])),
  }));
  const layer = (x: Node, index: number) => relu(conv2d(x, weights[index]!.weight, weights[index]!.bias, { padding: 1 }));
  return {
    id: "tiny",
    layers: ["conv1_1", "conv2_1"],
    minimumSide: (name) => (name === "conv2_1" ? 2 : 1),
    features(image, layers) {
      const shallow = layer(image, 0);
      const all: Record<string, Node> = { conv1_1: shallow, conv2_1: layer(avgPool(shallow, { size: 2 }), 1) };
      return Object.fromEntries(layers.map((name) => [name, all[name]!]));
    },
  };
}
