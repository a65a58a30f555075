import { readVgg19, vgg19, vgg19Layers } from "../models/vgg19.js";
import type { FeatureNetwork } from "./feature-network.js";

/** VGG-19 with average pooling, which Gatys et al. 2016 (section 2) found to paint a little better than its own max pooling. */
export async function openVgg19(id: string, path: string): Promise<FeatureNetwork> {
  const weights = await readVgg19(path, vgg19Layers.at(-1)!.name);
  const depth = new Map(vgg19Layers.map(({ name }, place) => [name, place]));
  return {
    id,
    layers: vgg19Layers.map(({ name }) => name),
    minimumSide: (layer) => vgg19Layers[depth.get(layer)!]!.minimumSide,
    features(image, layers) {
      const upTo = layers.reduce((deepest, layer) => (depth.get(layer)! > depth.get(deepest)! ? layer : deepest));
      const features = vgg19(image, weights, { pooling: "average", upTo });
      return Object.fromEntries(layers.map((layer) => [layer, features[layer]!]));
    },
  };
}
