import { createHash } from "node:crypto";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { readSafetensors } from "../../../server/models/safetensors.js";
import { type ConvolutionShape, convertKerasVgg19 } from "../../../server/models/store/keras-hdf5.js";
import { fewLayers, type KerasFileOptions, kernelValue, writeKerasFile } from "../../helpers/keras-file.js";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "atelier-keras-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const source = () => join(folder, "vgg19.h5");
const target = () => join(folder, "vgg19.safetensors");

async function convert(options?: KerasFileOptions, layers: readonly ConvolutionShape[] = fewLayers) {
  await writeKerasFile(source(), fewLayers, options);
  return convertKerasVgg19(source(), target(), layers);
}

it.each<[string, KerasFileOptions]>([
  ["old names", {}],
  ["new names", { weightName: (layer, kind) => `${layer}/${kind}:0` }],
])("transposes kernels from height x width x input x output, with channels in their order (%s)", async (_, options) => {
  const written = await convert(options);
  const tensors = await readSafetensors(target());
  expect(Object.keys(tensors).sort()).toEqual(fewLayers.flatMap(({ name }) => [`${name}.bias`, `${name}.weight`]));
  for (const [layer, { name, inputChannels, channels }] of fewLayers.entries()) {
    const expected = [];
    for (let output = 0; output < channels; output++)
      for (let input = 0; input < inputChannels; input++)
        for (let row = 0; row < 3; row++)
          for (let column = 0; column < 3; column++) expected.push(Math.fround(kernelValue(layer, output, input, row, column)));
    expect(tensors[`${name}.weight`]).toEqual({ shape: [channels, inputChannels, 3, 3], data: new Float32Array(expected) });
    expect(tensors[`${name}.bias`]).toEqual({ shape: [channels], data: Float32Array.from({ length: channels }, (_, i) => -i - 1) });
  }
  const bytes = await readFile(target());
  expect(written).toEqual({ bytes: bytes.length, sha256: createHash("sha256").update(bytes).digest("hex") });
});

it("aligns the values for readers that map the file", async () => {
  await convert();
  const bytes = await readFile(target());
  expect(Number(bytes.readBigUInt64LE()) % 8).toBe(0);
});

const narrow: readonly ConvolutionShape[] = [{ name: "conv1_1", inputChannels: 3, channels: 64 }];
it.each<[string, KerasFileOptions, readonly ConvolutionShape[], RegExp]>([
  ["a missing layer", { without: ["block2_conv1"] }, fewLayers, /lacks block2_conv1/],
  ["another shape", {}, narrow, /block1_conv1 of another shape than \[3, 3, 3, 64\]/],
  ["another type", { dtype: "<d" }, fewLayers, /another type than float32/],
])("refuses %s", async (_, options, layers, message) => {
  await expect(convert(options, layers)).rejects.toMatchObject({
    name: "AtelierError",
    code: "UNAVAILABLE",
    message: expect.stringMatching(message),
  });
});

it.each(["", "<html>not found</html>"])("refuses what is not HDF5: %j", async (text) => {
  await writeFile(source(), text);
  await expect(convertKerasVgg19(source(), target(), fewLayers)).rejects.toMatchObject({
    code: "UNAVAILABLE",
    message: expect.stringMatching(/is not HDF5/),
  });
});

it("ends when it is cancelled", async () => {
  await writeKerasFile(source(), fewLayers);
  const reason = new Error("cancelled");
  await expect(convertKerasVgg19(source(), target(), fewLayers, AbortSignal.abort(reason))).rejects.toBe(reason);
});
