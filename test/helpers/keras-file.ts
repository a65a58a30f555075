import h5wasm from "h5wasm/node";
import type { ConvolutionShape } from "../../server/models/store/keras-hdf5.js";

/** Convolutions named as in VGG-19, with few channels. */
export const fewLayers: readonly ConvolutionShape[] = [
  { name: "conv1_1", inputChannels: 3, channels: 4 },
  { name: "conv1_2", inputChannels: 4, channels: 5 },
  { name: "conv2_1", inputChannels: 5, channels: 2 },
];

/** The value at a place of a kernel. */
export function kernelValue(layer: number, output: number, input: number, row: number, column: number): number {
  return layer + output / 8 + input / 64 + row / 512 + column / 4096;
}

export interface KerasFileOptions {
  /** Name of a layer's weights within its group. */
  weightName?(layer: string, kind: "kernel" | "bias"): string;
  /** Type of the values in NumPy's notation. */
  dtype?: "<f" | "<d";
  /** Layers that the file lacks. */
  without?: string[];
}

/**
 * Writes weights as Keras does: one group for each layer, which lists the names of its weights; kernels height x width
 * x input x output.
 */
export async function writeKerasFile(path: string, layers: readonly ConvolutionShape[], options: KerasFileOptions = {}): Promise<void> {
  const { weightName = (layer, kind) => `${layer}_${kind === "kernel" ? "W" : "b"}_1:0`, dtype = "<f", without = [] } = options;
  await h5wasm.ready;
  const file = new h5wasm.File(path, "w");
  const names = layers.map(({ name }) => name.replace("conv", "block").replace("_", "_conv"));
  file.create_attribute("layer_names", ["input_1", ...names, "block1_pool"]);
  for (const [index, { inputChannels, channels }] of layers.entries()) {
    const name = names[index] ?? "";
    if (without.includes(name)) continue;
    const kernel: number[] = [];
    for (let row = 0; row < 3; row++)
      for (let column = 0; column < 3; column++)
        for (let input = 0; input < inputChannels; input++)
          for (let output = 0; output < channels; output++) kernel.push(kernelValue(index, output, input, row, column));
    const bias = Array.from({ length: channels }, (_, output) => -output - 1);
    const group = file.create_group(name);
    const [kernelName, biasName] = [weightName(name, "kernel"), weightName(name, "bias")];
    group.create_attribute("weight_names", [kernelName, biasName], null, "S40");
    const parent = kernelName.split("/").slice(0, -1).join("/");
    if (parent !== "") group.create_group(parent);
    group.create_dataset({ name: kernelName, data: kernel, shape: [3, 3, inputChannels, channels], dtype });
    group.create_dataset({ name: biasName, data: bias, shape: [channels], dtype });
  }
  file.close();
}
