import type { StyleTransferSettings } from "./settings.js";

/** A picture as it was uploaded, with the digest that caches know it by. */
export interface EncodedPicture {
  digest: string;
  bytes: Uint8Array;
}

/** A feature network on this machine's disk. */
export interface FeatureNetworkFile {
  /** Id of the model, such as vgg19. */
  id: string;
  /** Absolute path of its safetensors file. */
  path: string;
}

/** All that is needed to paint one style transfer. */
export interface StyleTransferWork {
  kind: "STYLE_TRANSFER";
  settings: StyleTransferSettings;
  content: EncodedPicture;
  styles: (EncodedPicture & { weight: number })[];
  network: FeatureNetworkFile;
}

/** What a painter can be asked to paint; one member for each kind of session. */
export type Work = StyleTransferWork;
