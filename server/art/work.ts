import type { Architecture } from "../models/architecture.js";
import type { TranslationForm } from "../models/card.js";
import type { SteeredSettings, StyleTransferSettings } from "../records/settings.js";

/** A picture as it was uploaded, with the digest that caches know it by. */
export interface EncodedPicture {
  digest: string;
  bytes: Uint8Array;
}

/** A picture in whose style is painted, with its share. */
export interface StylePicture extends EncodedPicture {
  weight: number;
}

/** A feature network on this machine's disk. */
export interface FeatureNetworkFile {
  /** Id of the model, such as vgg19. */
  id: string;
  /** Absolute path of its safetensors file. */
  path: string;
  /** Of the file, from its card: what caches tell its versions apart by. */
  sha256: string;
  architecture: Architecture;
}

/** A network that turns one picture into another, on this machine's disk. */
export interface GeneratorFile {
  /** Id of the model, such as cyclegan-horse2zebra. */
  id: string;
  /** Absolute path of its weights, or of an ONNX file. */
  path: string;
  /** Of the file, from its card: what caches tell its versions apart by. */
  sha256: string;
  /** What the weights are of; null for an ONNX file, which brings its own graph. */
  architecture: Architecture | null;
  /** How it is fed. */
  form: TranslationForm;
}

/** A change that is in force from the evaluation of picture `step` on: picture `step + 1` is the first that it changes. */
export interface Steering {
  step: number;
  settings: SteeredSettings;
  /** In place of all styles before; null to leave them. */
  styles: StylePicture[] | null;
}

/** All that is needed to paint one style transfer. */
export interface StyleTransferWork {
  kind: "STYLE_TRANSFER";
  /** Of step 0, without the changes. */
  settings: StyleTransferSettings;
  content: EncodedPicture;
  styles: StylePicture[];
  /** Recorded changes, in the order of their steps. */
  changes: Steering[];
  network: FeatureNetworkFile;
}

/** All that is needed to translate one picture. */
export interface TranslationWork {
  kind: "TRANSLATION";
  generator: GeneratorFile;
  source: EncodedPicture;
  /** Longer side of the result, px. */
  size: number;
}

/** All that is needed to translate pictures that come one by one. */
export interface LiveTranslationWork {
  kind: "LIVE_TRANSLATION";
  generator: GeneratorFile;
  /** Longer side of the results, px. */
  size: number;
}

/** What a painter can be asked to paint. */
export type PaintedWork = StyleTransferWork | TranslationWork;

/** What a device can be asked to do; one member for each kind of session. */
export type Work = PaintedWork | LiveTranslationWork;
