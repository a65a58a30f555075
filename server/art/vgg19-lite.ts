import type { Vgg19LiteArchitecture } from "../models/architecture.js";
import { readSafetensors } from "../models/safetensors.js";
import { vgg19Lite, vgg19LiteLayers } from "../models/vgg19-lite.js";
import type { FeatureNetwork } from "./feature-network.js";
import { imageInput } from "./losses.js";

/**
 * A thin network that predicts VGG-19's features, distilled from it by models/training/vgg19_lite.py.
 * @throws AtelierError UNAVAILABLE when the file cannot be read or its weights are not of this architecture.
 */
export async function openVgg19Lite(id: string, path: string, architecture: Vgg19LiteArchitecture): Promise<FeatureNetwork> {
  const weights = await readSafetensors(path);
  const sizes = new Map(vgg19LiteLayers(architecture).map(({ name, minimumSide }) => [name, minimumSide]));
  const network: FeatureNetwork = {
    id,
    layers: [...sizes.keys()],
    minimumSide: (layer) => sizes.get(layer)!,
    features: (image, layers) => vgg19Lite(image, weights, architecture, layers),
  };
  // Built once for nothing, so that weights that do not fit are refused here.
  network.features(imageInput(), network.layers);
  return network;
}
