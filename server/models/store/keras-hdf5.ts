import { open } from "node:fs/promises";
import { setImmediate as breathe } from "node:timers/promises";
import type { Group, h5wasm as Hdf5 } from "h5wasm/node";
import { AtelierError } from "../../errors.js";
import type { Vgg19Layer } from "../vgg19.js";
import { type WrittenFile, writeSafetensors } from "./write-safetensors.js";

/** A convolution of the network. */
export type Convolution = Pick<Vgg19Layer, "name" | "inputChannels" | "channels">;

const SIGNATURE = Buffer.from([0x89, 0x48, 0x44, 0x46, 0x0d, 0x0a, 0x1a, 0x0a]);
const KERNEL = 3;

/**
 * Converts VGG-19 as Keras keeps it (HDF5, layers block1_conv1 ..., kernels height x width x input x output) into
 * safetensors (conv1_1.weight, output x input x height x width, float32). Both are of Caffe's convention: Keras' file
 * takes what its preprocessing in "caffe" mode makes, BGR of 0..255 minus the means, so channels keep their order.
 * https://keras.io/api/applications/vgg, section "preprocess_input".
 * @throws AtelierError UNAVAILABLE when the file is of another form; the signal's reason when it aborts.
 */
export async function convertKerasVgg19(
  path: string,
  target: string,
  layers: readonly Convolution[],
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
      // A large kernel takes some ten ms: the server answers in between.
      await breathe();
      signal?.throwIfAborted();
      const [layer = "", part] = name.split(".");
      const values = weightsOf(hdf5, file, layer, part === "weight" ? 0 : 1, part === "weight" ? kernelShape(shape) : shape);
      return part === "weight" ? transposed(values, shape) : values;
    });
  } finally {
    file.close();
  }
}

/** What h5wasm makes of other files is many lines on the console. */
async function requireSignature(path: string): Promise<void> {
  const file = await open(path, "r");
  try {
    const { buffer } = await file.read(Buffer.alloc(SIGNATURE.length), 0, SIGNATURE.length, 0);
    if (!buffer.equals(SIGNATURE)) throw otherForm("is no HDF5");
  } finally {
    await file.close();
  }
}

/** The values of a layer's kernel (0) or bias (1), by the names that the layer lists. */
function weightsOf(hdf5: typeof Hdf5, file: Group, layer: string, position: number, shape: readonly number[]): Float32Array {
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

/** [H, W, I, O] -> [O, I, H, W]; `shape` is that of the result. */
function transposed(values: Float32Array, [outputs = 0, inputs = 0, height = 0, width = 0]: readonly number[]): Float32Array {
  const plane = height * width;
  const result = new Float32Array(values.length);
  let from = 0;
  for (let place = 0; place < plane; place++) {
    for (let input = 0; input < inputs; input++) {
      for (let output = 0; output < outputs; output++) {
        result[(output * inputs + input) * plane + place] = values[from++] as number;
      }
    }
  }
  return result;
}

function otherForm(reason: string): AtelierError {
  return new AtelierError("UNAVAILABLE", `The file is not VGG-19 as Keras publishes it: it ${reason}.`);
}
