import { open } from "node:fs/promises";
import { setImmediate as nextTurn } from "node:timers/promises";
import type { Group, h5wasm as Hdf5 } from "h5wasm/node";
import { type AtelierError, unavailable } from "../../errors.js";
import { type WrittenFile, writeSafetensors } from "../safetensors.js";
import type { Vgg19Layer } from "../vgg19.js";

/** Name and size of a convolution in the file. */
export type ConvolutionShape = Pick<Vgg19Layer, "name" | "inputChannels" | "channels">;

const SIGNATURE = Buffer.from([0x89, 0x48, 0x44, 0x46, 0x0d, 0x0a, 0x1a, 0x0a]);
const KERNEL = 3;

/**
 * Converts VGG-19 as Keras stores it (HDF5, layers block1_conv1 ..., kernels height x width x input x output) into
 * safetensors (conv1_1.weight, output x input x height x width, float32). Both follow Caffe's convention: Keras'
 * weights expect the result of its preprocessing in "caffe" mode, BGR of 0..255 minus the means, so channels keep their
 * order. https://keras.io/api/applications/vgg, section "preprocess_input".
 * @throws AtelierError UNAVAILABLE when the file has another form; the signal's reason when it aborts.
 */
export async function convertKerasVgg19(
  path: string,
  target: string,
  layers: readonly ConvolutionShape[],
  signal?: AbortSignal,
): Promise<WrittenFile> {
  await requireSignature(path);
  const { default: hdf5 } = await import("h5wasm/node");
  await hdf5.ready;
  const file = new hdf5.File(path, "r");
  try {
    const tensors = layers.flatMap(({ name, inputChannels, channels }) => [
      { name: `${name}.weight`, shape: [channels, inputChannels, KERNEL, KERNEL] },
      { name: `${name}.bias`, shape: [channels] },
    ]);
    return await writeSafetensors(target, tensors, async ({ name, shape }) => {
      // A large kernel takes some ten ms; requests are served in between.
      await nextTurn();
      signal?.throwIfAborted();
      const [layer = "", part] = name.split(".");
      const values = layerValues(hdf5, file, layer, part === "weight" ? 0 : 1, part === "weight" ? kernelShape(shape) : shape);
      return part === "weight" ? transposed(values, shape) : values;
    });
  } finally {
    file.close();
  }
}

/** Refuses other files here, as h5wasm would print many lines about them on the console. */
async function requireSignature(path: string): Promise<void> {
  const file = await open(path, "r");
  try {
    const { buffer } = await file.read(Buffer.alloc(SIGNATURE.length), 0, SIGNATURE.length, 0);
    if (!buffer.equals(SIGNATURE)) throw otherForm("is not HDF5");
  } finally {
    await file.close();
  }
}

/** The values of a layer's kernel (position 0) or bias (1), found by the names that the layer lists. */
function layerValues(hdf5: typeof Hdf5, file: Group, layer: string, position: number, shape: readonly number[]): Float32Array {
  const kerasName = layer.replace(/^conv(\d)_(\d)$/, "block$1_conv$2");
  const group = file.get(kerasName);
  if (!(group instanceof hdf5.Group)) throw otherForm(`lacks ${kerasName}`);
  const names = group.attrs.weight_names?.value;
  const name: unknown = Array.isArray(names) ? names[position] : undefined;
  if (typeof name !== "string") throw otherForm(`lists no weights of ${kerasName}`);
  const dataset = group.get(name);
  if (!(dataset instanceof hdf5.Dataset)) throw otherForm(`lacks ${name}`);
  if (dataset.shape?.join() !== shape.join()) throw otherForm(`has ${kerasName} of another shape than [${shape.join(", ")}]`);
  const { value } = dataset;
  if (!(value instanceof Float32Array)) throw otherForm(`has ${kerasName} in another type than float32`);
  return value;
}

/** [O, I, H, W] -> [H, W, I, O] */
function kernelShape([outputs = 0, inputs = 0, height = 0, width = 0]: readonly number[]): number[] {
  return [height, width, inputs, outputs];
}

/** [H, W, I, O] -> [O, I, H, W]; the shape is that of the result. */
function transposed(values: Float32Array, [outputs = 0, inputs = 0, height = 0, width = 0]: readonly number[]): Float32Array {
  const plane = height * width;
  const result = new Float32Array(values.length);
  let from = 0;
  for (let place = 0; place < plane; place++) {
    for (let input = 0; input < inputs; input++) {
      for (let output = 0; output < outputs; output++) {
        result[(output * inputs + input) * plane + place] = values[from++]!;
      }
    }
  }
  return result;
}

function otherForm(reason: string): AtelierError {
  return unavailable(`The file is not VGG-19 as Keras publishes it: it ${reason}.`);
}
