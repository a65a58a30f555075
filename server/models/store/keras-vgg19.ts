import { rename, rm } from "node:fs/promises";
import { join } from "node:path";
import type { ModelDownloadOptions, ModelFacts, ModelSource } from "../model.js";
import type { WrittenFile } from "../safetensors.js";
import { vgg19Layers } from "../vgg19.js";
import { download, requireDiskSpace, storedBytes } from "./download.js";
import type { TransferLimits } from "./http.js";
import { type ConvolutionShape, convertKerasVgg19 } from "./keras-hdf5.js";
import { writeCard } from "./model-folder.js";

/** A file of weights as Keras publishes it. */
export interface KerasFile {
  url: URL;
  bytes: number;
  /** Lower-case hex. */
  md5: string;
  /** Its convolutions, shallow to deep. */
  layers: readonly ConvolutionShape[];
}

/** VGG-19 without its fully connected layers, at the address that Keras itself uses. */
export const kerasVgg19File: KerasFile = {
  url: new URL("https://storage.googleapis.com/tensorflow/keras-applications/vgg19/vgg19_weights_tf_dim_ordering_tf_kernels_notop.h5"),
  bytes: 80_134_624,
  md5: "253f8cb515780f3b799900260a226db6",
  layers: vgg19Layers,
};

const FILE = "vgg19.safetensors";
/** Share of the progress that belongs to the download; the rest is the conversion. */
const DOWNLOAD_SHARE = 0.98;

const about = {
  id: "vgg19",
  title: "VGG-19: convolution layers, trained on ImageNet",
  licence: "Creative Commons Attribution, Visual Geometry Group, University of Oxford (as Keras states it)",
  source: "VGG-19 of Simonyan and Zisserman (2015), as Keras publishes it",
  parameters: 20_024_384,
};

/** VGG-19 from the address where Keras publishes it, converted to safetensors. */
export function kerasVgg19Source({ url, bytes, md5, layers }: KerasFile, limits: TransferLimits): ModelSource {
  const facts: ModelFacts = {
    ...about,
    task: "FEATURES",
    family: "VGG",
    size: 224,
    bytes,
    architecture: { family: "vgg19" },
    translation: null,
    takes: null,
  };
  async function downloadAndConvert({ folder, signal, progress }: ModelDownloadOptions): Promise<void> {
    const published = join(folder, "vgg19.h5");
    const target = join(folder, FILE);
    // The published file and its conversion.
    await requireDiskSpace(folder, 2 * bytes - (await storedBytes(published)));
    await download({
      url,
      path: published,
      bytes,
      checksum: { algorithm: "md5", digest: md5 },
      signal,
      progress: (received) => progress((DOWNLOAD_SHARE * received) / bytes),
      limits,
    });
    const written = await convertKerasVgg19(published, `${target}.partial`, layers, signal);
    signal.throwIfAborted();
    await rename(`${target}.partial`, target);
    await writeCard(folder, cardText(written));
    await rm(published);
  }
  return { facts, download: downloadAndConvert };
}

function cardText({ bytes, sha256 }: WrittenFile): string {
  const { parameters, ...rest } = about;
  const fields = {
    ...rest,
    kind: "features",
    model: FILE,
    format: "safetensors, float32, tensors conv{block}_{n}.weight (OIHW) and conv{block}_{n}.bias",
    architecture: { family: "vgg19" },
    input: { layout: "NCHW", colour: "BGR", range: "0..255 minus mean", mean_bgr: [103.939, 116.779, 123.68] },
    params: parameters,
    bytes,
    sha256,
  };
  return `${JSON.stringify(fields, null, 1)}\n`;
}
