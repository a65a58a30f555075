import type { Architecture } from "./architecture.js";
import { type FeatureLayer, vgg19Layers } from "./vgg19.js";
import { vgg19LiteLayers } from "./vgg19-lite.js";

/** The layers that a feature network of this architecture has, shallow to deep; none for generators and where it is not known. */
export function featureLayers(architecture: Architecture | null): readonly FeatureLayer[] {
  if (architecture?.family === "vgg19") return vgg19Layers.map(({ name, minimumSize }) => ({ name, minimumSize }));
  return architecture?.family === "vgg19-lite" ? vgg19LiteLayers(architecture) : [];
}
