import { badInput } from "../errors.js";
import { FREE, input, type Node } from "../graph/node.js";
import type { Vgg19LiteArchitecture } from "../models/architecture.js";
import { readSafetensors } from "../models/safetensors.js";
import { readVgg19, vgg19, vgg19Layers } from "../models/vgg19.js";
import { vgg19Lite, vgg19LiteLayers } from "../models/vgg19-lite.js";
import type { FeatureNetworkFile } from "./work.js";

/** A network whose layers measure content and style. */
export interface FeatureNetwork {
  /** Id of the model, such as vgg19. */
  readonly id: string;
  /** Names of the layers that it has, shallow to deep. */
  readonly layers: readonly string[];
  /** Shortest side of a picture for which `layer` still has a value, px. */
  minimumSide(layer: string): number;
  /** Features (1 x C x H' x W', after the activation) of `image` (1 x 3 x H x W, RGB 0..1) at each of `layers`. */
  features(image: Node, layers: readonly string[]): Record<string, Node>;
}

/**
 * Reads a feature network from disk.
 * @throws AtelierError UNAVAILABLE when the file cannot be read or holds other weights than the architecture needs;
 * BAD_INPUT for an architecture that measures no pictures.
 */
export type OpenFeatureNetwork = (file: Omit<FeatureNetworkFile, "sha256">) => Promise<FeatureNetwork>;

/** Opens a feature network of any architecture that measures pictures. */
export const openFeatureNetwork: OpenFeatureNetwork = async ({ id, path, architecture }) => {
  if (architecture.family === "vgg19") return openVgg19(id, path);
  if (architecture.family === "vgg19-lite") return openVgg19Lite(id, path, architecture);
  throw badInput("model", `The model ${id} is no feature network.`, "FEATURES");
};

/**
 * VGG-19 with average pooling, which Gatys et al. 2016 (section 2) found to paint slightly better than its max pooling.
 */
async function openVgg19(id: string, path: string): Promise<FeatureNetwork> {
  const weights = await readVgg19(path, vgg19Layers.at(-1)!.name);
  const depth = new Map(vgg19Layers.map(({ name }, index) => [name, index]));
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

/** A thin network that predicts VGG-19's features, distilled from it by models/training/vgg19_lite.py. */
async function openVgg19Lite(id: string, path: string, architecture: Vgg19LiteArchitecture): Promise<FeatureNetwork> {
  const weights = await readSafetensors(path);
  const sizes = new Map(vgg19LiteLayers(architecture).map(({ name, minimumSide }) => [name, minimumSide]));
  const network: FeatureNetwork = {
    id,
    layers: [...sizes.keys()],
    minimumSide: (layer) => sizes.get(layer)!,
    features: (image, layers) => vgg19Lite(image, weights, architecture, layers),
  };
  // The graph is built once and dropped, so that weights that do not fit are refused here.
  network.features(input("image", [1, 3, FREE, FREE]), network.layers);
  return network;
}
