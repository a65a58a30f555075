import type { Architecture } from "../models/architecture.js";
import type { TranslationForm } from "../models/card.js";
import type { ChangeAtStep, InForce, Weighted } from "../records/changes.js";
import type { ConvolutionMethod } from "../records/convolutions.js";
import type { StyleTransferSettings } from "../records/settings.js";

/** A picture as it was uploaded. */
export interface EncodedPicture {
  /** SHA-256 of the bytes, hexadecimal: the picture's key in caches. */
  digest: string;
  bytes: Uint8Array;
}

/** A feature network on this machine's disk. */
export interface FeatureNetworkFile {
  /** Id of the model, such as vgg19. */
  id: string;
  /** Absolute path of its safetensors file. */
  path: string;
  /** SHA-256 of the file, from its card, by which caches tell versions apart. */
  sha256: string;
  architecture: Architecture;
}

/** A generator, which turns one picture into another, on this machine's disk. */
export interface GeneratorFile {
  /** Id of the model, such as cyclegan-horse2zebra. */
  id: string;
  /** Absolute path of its weights, or of an ONNX file. */
  path: string;
  /** SHA-256 of the file, from its card, by which caches tell versions apart. */
  sha256: string;
  /** The architecture of the weights; null for an ONNX file, which holds its own graph. */
  architecture: Architecture | null;
  /** Names, ranges and sizes of its input and output. */
  form: TranslationForm;
}

/** Everything that a style transfer needs. Settings and styles are those of step 0, without the changes. */
export interface StyleTransferWork extends InForce<StyleTransferSettings, Weighted<EncodedPicture>[]> {
  kind: "STYLE_TRANSFER";
  content: EncodedPicture;
  /** Recorded changes, in the order of their steps. */
  changes: ChangeAtStep<EncodedPicture>[];
  /** How convolutions are to be computed; DIRECT where it is missing. */
  convolutions?: ConvolutionMethod;
  /** Whether pictures are stored already, so that the method cannot change. */
  begun?: boolean;
  network: FeatureNetworkFile;
  /** The network of all scales but the last; missing where `network` paints them all. */
  draftNetwork?: FeatureNetworkFile;
}

/** Everything that the translation of one picture needs. */
export interface TranslationWork {
  kind: "TRANSLATION";
  generator: GeneratorFile;
  source: EncodedPicture;
  /** Longer side of the result, px. */
  size: number;
}

/** Everything that a live translation needs; its pictures arrive one by one. */
export interface LiveTranslationWork {
  kind: "LIVE_TRANSLATION";
  generator: GeneratorFile;
  /** Longer side of the results, px. */
  size: number;
}

/** Work that is painted step by step. */
export type PaintedWork = StyleTransferWork | TranslationWork;

/** Work of a device: one member for each kind of session. */
export type Work = PaintedWork | LiveTranslationWork;
