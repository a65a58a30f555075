import type { Architecture } from "../models/architecture.js";
import type { TranslationForm } from "../models/card.js";
import type { ChangeAtStep, InForce, Weighted } from "../records/changes.js";
import type { StyleTransferSettings } from "../records/settings.js";

/** A picture as it was uploaded; `digest` is its key in caches. */
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

/** Everything that is needed to paint one style transfer. Settings and styles are those of step 0, without the changes. */
export interface StyleTransferWork extends InForce<StyleTransferSettings, Weighted<EncodedPicture>[]> {
  kind: "STYLE_TRANSFER";
  content: EncodedPicture;
  /** Recorded changes, in the order of their steps. */
  changes: ChangeAtStep<EncodedPicture>[];
  network: FeatureNetworkFile;
}

/** Everything that is needed to translate one picture. */
export interface TranslationWork {
  kind: "TRANSLATION";
  generator: GeneratorFile;
  source: EncodedPicture;
  /** Longer side of the result, px. */
  size: number;
}

/** Everything that is needed to translate pictures that come one by one. */
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
