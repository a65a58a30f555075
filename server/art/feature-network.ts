import type { Node } from "../graph/index.js";
import type { FeatureNetworkFile } from "./work.js";

/** A network whose layers measure content and style. */
export interface FeatureNetwork {
  /** Id of the model, such as vgg19. */
  readonly id: string;
  /** Names of the layers that can be asked for, shallow to deep. */
  readonly layers: readonly string[];
  /** Shortest side of a picture for which `layer` still has a value, px. */
  minimumSide(layer: string): number;
  /** Features (1 x C x H' x W', after the activation) of `image` (1 x 3 x H x W, RGB 0..1) at each of `layers`. */
  features(image: Node, layers: readonly string[]): Record<string, Node>;
}

/** Reads a feature network from disk. @throws AtelierError UNAVAILABLE when its file cannot be read. */
export type OpenFeatureNetwork = (file: Omit<FeatureNetworkFile, "sha256">) => Promise<FeatureNetwork>;
