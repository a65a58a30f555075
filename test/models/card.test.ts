import { existsSync } from "node:fs";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { parseCard, parseWrittenCard } from "../../server/models/card.js";
import { openRegistry } from "../../server/models/registry.js";
import { noteSkipped } from "../helpers/skipped.js";

const translator = {
  id: "pix2pix-doors",
  title: "Doors",
  kind: "pix2pix",
  model: "doors.onnx",
  input: { name: "input", layout: "NCHW", dtype: "float32", colour: "RGB", from_uint8: "v/127.5-1" },
  output: { name: "output", layout: "NCHW", dtype: "float32", colour: "RGB", to_uint8: "clamp(round((v+1)*127.5),0,255)" },
  native_size: [256, 320],
  size_multiple: 128,
  min_size: 64,
  params: 1234,
  bytes: 5678,
  sha256: "ab".repeat(32),
  source: { repository: "example.org/doors", commit: "0123abc", path: "net.onnx" },
  licence: "MIT",
};
const features = {
  id: "vgg19_small",
  title: "Features",
  kind: "features",
  model: "small.safetensors",
  input: { layout: "NCHW", colour: "BGR", range: "0..255 minus mean", mean_bgr: [103.939, 116.779, 123.68] },
  params: 1234,
  bytes: 5678,
  sha256: "ab".repeat(32),
  source: [{ repository: "a" }, { repository: "b", commit: "1" }],
  licence: "MIT",
};
const unet = {
  ...translator,
  model: "doors.safetensors",
  architecture: { family: "unet-generator", channels: [8, 16, 16], norm: "batch", upsampling: "nearest", padding: "zeros" },
  size_multiple: 16,
  min_size: 16,
};
const resnet = {
  ...unet,
  kind: "cyclegan",
  architecture: { family: "resnet-generator", channels: [8, 16, 24], blocks: 6, norm: "instance", upsampling: "transposed", eps: 1e-5 },
};
const lite = {
  ...features,
  architecture: {
    family: "vgg19-lite",
    kernel: 3,
    padding: ["reflect", "zeros"],
    blocks: [[{ channels: 8, tap: "conv1_1", components: 4 }], [{ channels: 8 }, { channels: 16, tap: "conv2_1", components: 8 }]],
  },
};
const withArchitecture = <Card extends { architecture: object }>(card: Card, changes: object) => ({
  ...card,
  architecture: { ...card.architecture, ...changes },
});
const parse = (card: unknown) => parseCard(JSON.stringify(card));

describe("a card", () => {
  it("describes how pictures enter and leave a translator", () => {
    expect(parse(translator)).toEqual({
      id: "pix2pix-doors",
      title: "Doors",
      task: "TRANSLATION",
      family: "PIX2PIX",
      file: "doors.onnx",
      bytes: 5678,
      sha256: "ab".repeat(32),
      size: 320,
      parameters: 1234,
      licence: "MIT",
      takes: "PHOTO",
      source: "example.org/doors@0123abc: net.onnx",
      architecture: null,
      translation: {
        inputName: "input",
        outputName: "output",
        inputRange: "SIGNED",
        outputRange: "SIGNED",
        sizeMultiple: 128,
        minSize: 64,
      },
    });
  });

  it("keeps the underscores of its id and names all sources of a feature model", () => {
    expect(parse(features)).toMatchObject({
      id: "vgg19_small",
      task: "FEATURES",
      family: "VGG",
      size: 224,
      source: "a; b@1",
      architecture: { family: "vgg19" },
      translation: null,
    });
  });

  it("describes how weights compute", () => {
    expect(parse(unet)?.architecture).toEqual({
      family: "unet-generator",
      channels: [8, 16, 16],
      norm: "batch",
      affine: true,
      statistics: "picture",
      upsampling: "nearest",
    });
    expect(parse(withArchitecture(unet, { statistics: "training" }))?.architecture).toMatchObject({ statistics: "training" });
    expect(parse(resnet)?.architecture).toEqual({
      family: "resnet-generator",
      channels: [8, 16, 24],
      blocks: 6,
      norm: "instance",
      affine: false,
      statistics: "picture",
      upsampling: "transposed",
      separable: false,
      dropout: false,
    });
    expect(parse(lite)?.architecture).toEqual({
      family: "vgg19-lite",
      blocks: [
        { padding: "reflect", convolutions: [{ channels: 8, tap: { layer: "conv1_1", components: 4 } }] },
        {
          padding: "zeros",
          convolutions: [
            { channels: 8, tap: null },
            { channels: 16, tap: { layer: "conv2_1", components: 8 } },
          ],
        },
      ],
    });
  });

  it("is skipped if its kind is not supported", () => {
    expect(parse({ ...features, kind: "wct" })).toBeNull();
  });

  it("states what pictures its model accepts; by default, public models are known and others accept photos", () => {
    expect(parse({ ...translator, takes: "label-map" })?.takes).toBe("LABEL_MAP");
    expect(parse({ ...translator, id: "pix2pix-edges2shoes" })?.takes).toBe("LINE_DRAWING");
    expect(parse({ ...translator, id: "pix2pix-facades" })?.takes).toBe("LABEL_MAP");
    expect(parse({ ...translator, id: "pix2pix-facades", takes: "photo" })?.takes).toBe("PHOTO");
    expect([parse(translator)?.takes, parse(features)?.takes]).toEqual(["PHOTO", null]);
  });

  it("may omit what the file itself shows if it was written by hand", () => {
    const { bytes, sha256, params, licence, source, ...short } = { ...translator, kind: "generator" };
    expect(parseWrittenCard(JSON.stringify(short))).toMatchObject({
      family: "OTHER",
      bytes: null,
      sha256: null,
      parameters: null,
      licence: "not stated",
      source: "not stated",
    });
    expect(parseWrittenCard(JSON.stringify(translator))).toEqual(parse(translator));
    for (const wrong of [
      { ...short, bytes: 0 },
      { ...short, sha256: "" },
      { ...short, kind: "wct" },
      { ...short, licence: 1 },
    ]) {
      expect(() => parseWrittenCard(JSON.stringify(wrong))).toThrow(expect.objectContaining({ code: "BAD_INPUT" }));
    }
  });

  it.each<[string, unknown]>([
    ["id", { ...features, id: "../vgg19" }],
    ["id", { ...features, id: "VGG" }],
    ["id", { ...features, id: 19 }],
    ["title", { ...features, title: "" }],
    ["title", { ...features, title: "x".repeat(1001) }],
    ["kind", { ...features, kind: "gan" }],
    ["kind", { ...features, kind: undefined }],
    ["model", { ...features, model: "../../small.safetensors" }],
    ["model", { ...features, model: "small.onnx" }],
    ["model", { ...features, model: ".safetensors" }],
    ["model", { ...translator, model: "doors.onnx/../x.onnx" }],
    ["params", { ...features, params: 0 }],
    ["params", { ...features, params: 2 ** 31 }],
    ["bytes", { ...features, bytes: 1.5 }],
    ["bytes", { ...features, bytes: "5678" }],
    ["sha256", { ...features, sha256: "AB".repeat(32) }],
    ["licence", { ...features, licence: null }],
    ["source", { ...features, source: [] }],
    ["repository", { ...features, source: [{}] }],
    ["input", { ...features, input: [] }],
    ["input.colour", { ...features, input: { ...features.input, colour: "RGB" } }],
    ["input.range", { ...features, input: { ...features.input, range: "0..1" } }],
    ["input.mean_bgr", { ...features, input: { ...features.input, mean_bgr: [0, 0, 0] } }],
    ["native_size", { ...translator, native_size: undefined }],
    ["native_size", { ...translator, native_size: [256, -1] }],
    ["size_multiple", { ...translator, size_multiple: 0 }],
    ["input.from_uint8", { ...translator, input: { ...translator.input, from_uint8: "process.exit()" } }],
    ["input.from_uint8", { ...translator, input: { ...translator.input, from_uint8: "constructor" } }],
    ["output.to_uint8", { ...translator, output: { ...translator.output, to_uint8: "v*2" } }],
    ["output.dtype", { ...translator, output: { ...translator.output, dtype: "float16" } }],
    ["input.layout", { ...translator, input: { ...translator.input, layout: "NHWC" } }],
    ["takes", { ...translator, takes: "PHOTO" }],
    ["architecture", { ...unet, architecture: undefined }],
    ["architecture", { ...features, architecture: "vgg19" }],
    ["model", { ...unet, kind: "fast-style" }],
    ["architecture.family", withArchitecture(unet, { family: "transformer" })],
    ["architecture.family", withArchitecture(unet, { family: "vgg19" })],
    ["architecture.family", { ...features, architecture: unet.architecture }],
    ["architecture.channels", withArchitecture(unet, { channels: [64] })],
    ["architecture.channels", withArchitecture(unet, { channels: [64, 1025] })],
    ["architecture.channels", withArchitecture(unet, { channels: new Array(11).fill(64) })],
    ["architecture.channels", withArchitecture(resnet, { channels: [8, 16] })],
    ["architecture.channels", withArchitecture(resnet, { channels: [8, 16, 24, 32] })],
    ["architecture.blocks", withArchitecture(resnet, { blocks: 33 })],
    ["architecture.norm", withArchitecture(unet, { norm: "layer" })],
    ["architecture.upsampling", withArchitecture(resnet, { upsampling: "bilinear" })],
    ["architecture.separable", withArchitecture(resnet, { separable: "yes" })],
    ["architecture.padding", withArchitecture(resnet, { padding: "zeros" })],
    ["architecture.inputChannels", withArchitecture(unet, { inputChannels: 1 })],
    ["architecture.eps", withArchitecture(resnet, { eps: 0.001 })],
    ["size_multiple", { ...unet, size_multiple: 4 }],
    ["min_size", { ...resnet, min_size: 4 }],
    ["architecture.blocks", withArchitecture(lite, { blocks: [[{ channels: 8 }], [{ channels: 8 }]] })],
    ["architecture.blocks", withArchitecture(lite, { blocks: [lite.architecture.blocks[0], lite.architecture.blocks[0]] })],
    ["architecture.blocks", withArchitecture(lite, { blocks: [[], []] })],
    [
      "architecture.blocks.channels",
      withArchitecture(lite, { blocks: [[{ channels: 1e6, tap: "conv1_1", components: 4 }], [{ channels: 8 }]] }),
    ],
    ["architecture.blocks.components", withArchitecture(lite, { blocks: [[{ channels: 8, tap: "conv1_1" }], [{ channels: 8 }]] })],
    ["architecture.blocks.tap", withArchitecture(lite, { blocks: [[{ channels: 8, tap: "pool1", components: 4 }], [{ channels: 8 }]] })],
    ["architecture.padding", withArchitecture(lite, { padding: ["reflect"] })],
    ["architecture.padding", withArchitecture(lite, { padding: ["reflect", "mirror"] })],
    ["architecture.kernel", withArchitecture(lite, { kernel: 5 })],
  ])("is refused for its %s", (field, card) => {
    expect(() => parse(card)).toThrow(
      expect.objectContaining({ name: "AtelierError", code: "BAD_INPUT", detail: expect.objectContaining({ field }) }),
    );
  });

  it.each(["", "{", "null", "[]", '"text"'])("is refused when it is not an object: %s", (text) => {
    expect(() => parseCard(text)).toThrow(expect.objectContaining({ name: "AtelierError", code: "BAD_INPUT" }));
  });
});

const mirror = process.env.ATELIER_MODEL_MIRROR ?? join(import.meta.dirname, "../../../shared/weights");
const missing = existsSync(mirror) ? null : "There is no mirror with the public generators; set ATELIER_MODEL_MIRROR to one.";
if (missing !== null) noteSkipped(missing);

describe.skipIf(missing !== null)("the mirror's cards", () => {
  it("are all valid, or of an unsupported kind", async () => {
    const kept: string[] = [];
    for (const entry of await readdir(mirror, { withFileTypes: true })) {
      if (!entry.isDirectory()) continue;
      const card = parseCard(await readFile(join(mirror, entry.name, "card.json"), "utf8"));
      if (card) kept.push(card.id);
    }
    expect(kept).toEqual(expect.arrayContaining(["vgg19", "fast-style-rain_princess", "cyclegan-horse2zebra", "pix2pix-facades"]));
    expect(kept).not.toContain("vgg19-distilled16x");
  });

  it("describe VGG-19 with its checksum", async () => {
    const registry = await openRegistry({ bundledDir: mirror, mirrorDir: null });
    expect((await registry.featureModel(null)).id).toBe("vgg19");
    expect((await registry.find("vgg19"))?.state).toBe("READY");
    expect(registry.problems()).toEqual([]);
  });
});
