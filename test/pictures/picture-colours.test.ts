import { deflateSync } from "node:zlib";
import sharp, { type TiffOptions } from "sharp";
import { describe, expect, test } from "vitest";
import { decodePixels } from "../../server/art/picture.js";
import { sequenceCodes } from "../../server/pictures/av1-sequence.js";
import { heifSpace } from "../../server/pictures/heif-colours.js";
import { gridContainer, withContainerCodes, withSequenceCodes } from "../helpers/avif-files.js";
import {
  type ColourSpace,
  colourSpaces,
  fromLight,
  greyProfile,
  inSrgb,
  labInSrgb,
  labOfDevice,
  rgbProfile,
  tableProfile,
} from "../helpers/icc-profiles.js";
import { flatPng, flatTiff, pngChunk, type SampleDepth } from "../helpers/picture-files.js";

const colour = [0.7, 0.3, 0.4];
/** Libtiff keeps the high bytes of a colour map, which has 16 bits. */
const inColourMap = colour.map((value) => Math.round(255 * value) / 255);
const grey = 0.4;
const displayP3 = rgbProfile(colourSpaces["Display P3"]);
const lab: [number, number, number] = [50, 40, 20];
const inks = [0.1, 0.7, 0.5, 0.1];
/** Those inks by the profile of libvips for CMYK without one. */
const usualInks = [195, 86, 92];

interface Profile {
  name: string;
  icc?: Buffer;
  /** RGB profiles only. */
  space?: ColourSpace;
  /** Grey profiles only. */
  gamma?: number;
  /** Profiles with tables only. */
  device?: "CMYK" | "RGB ";
}
const profiles: Profile[] = [
  { name: "no profile" },
  ...Object.entries<ColourSpace>(colourSpaces).map(([name, space]) => ({ name, icc: rgbProfile(space), space })),
  ...[1.8, 3].map((gamma) => ({ name: `grey with gamma ${gamma}`, icc: greyProfile(gamma), gamma })),
  ...(["CMYK", "RGB "] as const).flatMap((device) =>
    ([8, 16] as const).map((bits) => ({ name: `${device} with a table of ${bits} bits`, icc: tableProfile(device, bits), device })),
  ),
];

/** Values of 0..1 after they are rounded to a depth. */
function asStored(values: number[], depth: SampleDepth): number[] {
  const most = depth === "float" ? null : 2 ** depth - 1;
  return most ? values.map((value) => Math.round(value * most) / most) : values;
}

/** The colour of the middle of a picture after decoding to a smaller size. */
async function decoded(bytes: Uint8Array): Promise<number[]> {
  const { data } = await decodePixels(bytes, { longerSide: 32 });
  return [...data.subarray(3 * 528, 3 * 529)];
}

async function expectColour(name: string, bytes: Uint8Array, expected: number[], tolerance = 1): Promise<void> {
  const found = await decoded(bytes);
  const worst = Math.max(...found.map((value, i) => Math.abs(value - expected[i]!)));
  expect(worst, `${name}: ${found} instead of ${expected.map((value) => value.toFixed(1))}`).toBeLessThanOrEqual(tolerance + 0.01);
}

describe.each(profiles)("colours with $name", ({ icc, space, gamma, device }) => {
  const depths: SampleDepth[] = [8, 10, 12, 16, "float"];
  // Floats without a profile are linear light. A profile of another colour model is ignored.
  const rgbFor = (depth: SampleDepth) => {
    const stored = asStored(colour, depth);
    if (device === "RGB ") return labInSrgb(labOfDevice(device, stored));
    return depth === "float" && !icc ? stored.map(fromLight) : inSrgb(stored, space ?? colourSpaces.sRGB);
  };
  const greyFor = (depth: SampleDepth) => {
    const [stored = 0] = asStored([grey], depth);
    const level = gamma ? fromLight(stored ** gamma) : depth === "float" && !icc ? fromLight(stored) : 255 * stored;
    return [level, level, level];
  };
  const cmykFor = (depth: SampleDepth) => (device === "CMYK" ? labInSrgb(labOfDevice(device, asStored(inks, depth))) : usualInks);
  // Little CMS, which converts by tables, rounds more than once.
  const tolerance = device ? 2 : 1;

  test.each(depths)("TIFF with %s bits a channel", async (depth) => {
    for (const alpha of [false, true]) {
      await expectColour("rgb", flatTiff("rgb", { colour, depth, icc }, alpha), rgbFor(depth), tolerance);
      await expectColour("grey", flatTiff("grey", { colour: [grey], depth, icc }, alpha), greyFor(depth));
    }
    await expectColour("lab", flatTiff("lab", { colour: lab, depth, icc }), labInSrgb(lab));
    if (depth === 8) await expectColour("palette", flatTiff("palette", { colour: inColourMap, depth, icc }), rgbFor(depth), tolerance);
    await expectColour("cmyk", flatTiff("cmyk", { colour: inks, depth, icc }), cmykFor(depth), 2);
  });

  test.each([8, 16] as const)("PNG with %i bits a channel", async (depth) => {
    const picture = { colour, depth, icc };
    for (const model of ["rgb", "rgbAlpha"] as const) await expectColour(model, flatPng(model, picture), rgbFor(depth), tolerance);
    for (const model of ["grey", "greyAlpha"] as const) {
      await expectColour(model, flatPng(model, { ...picture, colour: [grey] }), greyFor(depth));
    }
    if (depth === 8) await expectColour("palette", flatPng("palette", picture), rgbFor(8), tolerance);
  });
});

test.each([8, 16] as const)("CMYK JPEG with a table of %i bits", async (bits) => {
  const picture = sharp({ create: { width: 64, height: 64, channels: 3, background: { r: 200, g: 120, b: 90 } } });
  const jpeg = await picture.toColourspace("cmyk").jpeg({ quality: 100 }).toBuffer();
  const stored = await sharp(jpeg).pipelineColourspace("cmyk").toColourspace("cmyk").raw().toBuffer();
  const part = Buffer.concat([Buffer.from("ICC_PROFILE\0\x01\x01", "latin1"), tableProfile("CMYK", bits)]);
  const head = Buffer.from([0xff, 0xe2, (part.byteLength + 2) >> 8, (part.byteLength + 2) & 255]);
  const withProfile = Buffer.concat([jpeg.subarray(0, 2), head, part, jpeg.subarray(2)]);
  const values = [...stored.subarray(0, 4)].map((value) => value / 255);
  await expectColour("cmyk", withProfile, labInSrgb(labOfDevice("CMYK", values)), 2);
});

test.each<SampleDepth>([10, 12, "float"])("TIFF with %s bits a channel in a compressed tile", async (depth) => {
  const expected = depth === "float" ? colour.map(fromLight) : asStored(colour, depth).map((value) => 255 * value);
  await expectColour("rgb", flatTiff("rgb", { colour, depth, isTile: true }), expected);
  await expectColour("cmyk", flatTiff("cmyk", { colour: inks, depth, isTile: true }), usualInks, 2);
  await expectColour("lab", flatTiff("lab", { colour: lab, depth, isTile: true }), labInSrgb(lab));
});

describe.each(["scrgb", "lab", "labs"])("compressed TIFF of libvips (%s)", (space) => {
  const [width, height] = [200, 150];
  const pixels = Uint8Array.from({ length: 3 * width * height }, (_, i) => i * 7 + ((i * 7919) % 13));
  const write = (options: TiffOptions) =>
    sharp(pixels, { raw: { width, height, channels: 3 } })
      .toColourspace(space)
      .tiff(options)
      .toBuffer();
  const tiles = { tile: true, tileWidth: 64, tileHeight: 32 } as const;
  // Libvips turns L*a*b* of 16 bits into floats without scaling it where it writes them for the predictor of floats.
  const predictors = space === "labs" ? (["none", "horizontal"] as const) : (["none", "horizontal", "float"] as const);

  test.each(predictors)("predictor %s", async (predictor) => {
    const plain = await decodePixels(await write({ compression: "none" }), { longerSide: width });
    for (const options of [{}, tiles]) {
      for (const compression of ["lzw", "deflate", "packbits"] as const) {
        const { data } = await decodePixels(await write({ ...options, compression, predictor }), { longerSide: width });
        expect(Buffer.compare(data, plain.data), `${compression} ${JSON.stringify(options)}`).toBe(0);
      }
    }
  });
});

test("names the compression of a TIFF that cannot be read", async () => {
  const tiff = flatTiff("rgb", { colour, depth: 12 });
  const compression = tiff.indexOf(Buffer.from([3, 1, 3, 0]));
  tiff.writeUInt16LE(34_925, compression + 8);
  const message = expect.stringContaining("compression 34925. Save it with LZW, Deflate or none");
  await expect(decoded(tiff)).rejects.toMatchObject({ code: "BAD_INPUT", message });
});

test.each([10, 12] as const)("keeps the colours of AVIF with %i bits", async (bitdepth) => {
  const picture = sharp({ create: { width: 64, height: 64, channels: 3, background: { r: 220, g: 40, b: 40 } } });
  for (const name of ["srgb", "p3"]) {
    const avif = picture.clone().toColourspace("rgb16").withIccProfile(name).avif({ bitdepth, quality: 95, effort: 0 });
    await expectColour(name, await avif.toBuffer(), [220, 40, 40]);
  }
});

test("puts a picture with 16-bit alpha on full white", async () => {
  const clear = sharp({ create: { width: 64, height: 64, channels: 4, background: { r: 0, g: 0, b: 0, alpha: 0 } } });
  expect(await decoded(await clear.toColourspace("rgb16").png().toBuffer())).toEqual([255, 255, 255]);
});

describe("a PNG that declares its colours by chunks has the colours that Chromium shows", () => {
  const dark = [0.1, 0.5, 0.8];
  const words = (...values: number[]) => {
    const data = Buffer.alloc(4 * values.length);
    values.forEach((value, i) => void data.writeUInt32BE(Math.round(value * 100_000), 4 * i));
    return data;
  };
  const gAMA = (gamma: number) => pngChunk("gAMA", words(gamma));
  const cHRM = (...places: number[]) => pngChunk("cHRM", words(...places));
  const srgb = cHRM(0.3127, 0.329, 0.64, 0.33, 0.3, 0.6, 0.15, 0.06);
  const adobe = cHRM(0.3127, 0.329, 0.64, 0.33, 0.21, 0.71, 0.15, 0.06);
  const wide = cHRM(0.3457, 0.3585, 0.7347, 0.2653, 0.1596, 0.8404, 0.0366, 0.0001);
  const cICP = (primaries: number, transfer: number, matrix = 0, range = 1) =>
    pngChunk("cICP", Buffer.from([primaries, transfer, matrix, range]));
  const cLLI = (brightest: number) => pngChunk("cLLI", words(brightest / 10, brightest / 40));
  const mDCV = (brightest: number) => pngChunk("mDCV", Buffer.concat([Buffer.alloc(16), words(brightest / 10, 0.001)]));
  const iCCP = (icc: Buffer) => pngChunk("iCCP", Buffer.concat([Buffer.from("icc\0\0"), deflateSync(icc)]));

  test.each([
    ["no chunk", [], [26, 128, 204]],
    ["the gamma of sRGB", [gAMA(0.45455)], [26, 128, 204]],
    ["light itself", [gAMA(1)], [90, 188, 231]],
    ["a gamma and the primaries of sRGB", [gAMA(0.45455), srgb], [19, 129, 205]],
    ["a gamma and the primaries of Adobe RGB", [gAMA(0.45455), adobe], [0, 129, 208]],
    ["a gamma and a white that is D50", [gAMA(0.45455), wide], [0, 141, 215]],
    ["a gamma and blue without light", [gAMA(0.45455), cHRM(0.3127, 0.329, 0.64, 0.33, 0.3, 0.6, 0.15, 0)], [62, 115, 205]],
    ["a gamma and red without light", [gAMA(0.45455), cHRM(0.3127, 0.329, 0.64, 0, 0.3, 0.6, 0.15, 0.06)], [19, 146, 184]],
    ["a gamma and primaries that span no space", [gAMA(1), cHRM(0.3127, 0.329, 0.64, 0.33, 0.64, 0.33, 0.15, 0.06)], [26, 128, 204]],
    ["a gamma and primaries that are cut off", [gAMA(1), cHRM(0.3127, 0.329, 0.64)], [90, 188, 231]],
    ["a gamma near that of sRGB", [gAMA(0.475)], [26, 128, 204]],
    ["a gamma farther from that of sRGB", [gAMA(0.48)], [23, 134, 208]],
    ["a gamma of zero", [gAMA(0)], [26, 128, 204]],
    ["the first of two gammas", [gAMA(1), gAMA(0.5)], [90, 188, 231]],
    ["primaries without a gamma", [adobe], [26, 128, 204]],
    ["sRGB before gAMA", [pngChunk("sRGB", Buffer.from([0])), gAMA(1)], [26, 128, 204]],
    ["gAMA after an unknown sRGB", [pngChunk("sRGB", Buffer.from([9])), gAMA(1)], [90, 188, 231]],
    ["gAMA after a damaged profile", [iCCP(displayP3.subarray(0, 150)), gAMA(1)], [90, 188, 231]],
    ["a profile before gAMA", [iCCP(displayP3), gAMA(1)], [0, 130, 210]],
    ["a profile of another colour model before gAMA", [iCCP(greyProfile(1.8)), gAMA(1)], [26, 128, 204]],
    ["a profile with codes", [iCCP(rgbProfile(colourSpaces["Display P3"], [9, 13]))], [0, 134, 211]],
    ["a profile with codes of PQ", [iCCP(rgbProfile(colourSpaces["Display P3"], [2, 16]))], [0, 71, 255]],
    ["a profile with unspecified codes", [iCCP(rgbProfile(colourSpaces["Display P3"], [2, 2]))], [0, 130, 210]],
    ["Display P3 by code", [cICP(12, 13)], [0, 130, 210]],
    ["BT.2020 with sRGB's curve by code", [cICP(9, 13)], [0, 134, 211]],
    ["BT.2020 by code", [cICP(9, 14)], [0, 127, 209]],
    ["video by code", [cICP(1, 1)], [13, 121, 201]],
    ["light itself by code", [cICP(1, 8)], [90, 188, 231]],
    ["gamma 2.2 by code", [cICP(1, 4)], [19, 129, 205]],
    ["gamma 2.8 by code", [cICP(1, 5)], [6, 106, 193]],
    ["SMPTE 240M by code", [cICP(1, 7)], [44, 141, 210]],
    ["digital cinema by code", [cICP(1, 17)], [9, 118, 205]],
    ["NTSC by code", [cICP(4, 13)], [0, 137, 209]],
    ["PAL by code", [cICP(5, 13)], [3, 128, 203]],
    ["SMPTE C by code", [cICP(6, 13)], [45, 129, 204]],
    ["film by code", [cICP(8, 13)], [0, 129, 209]],
    ["XYZ by code", [cICP(10, 8)], [0, 245, 234]],
    ["cinema's P3 by code", [cICP(11, 13)], [0, 130, 210]],
    ["EBU Tech 3213 by code", [cICP(22, 13)], [17, 130, 204]],
    ["PQ", [cICP(9, 16)], [0, 69, 255]],
    ["PQ with the primaries of sRGB", [cICP(1, 16)], [1, 73, 255]],
    ["PQ up to 203 cd/m2", [cICP(9, 16), cLLI(203)], [0, 181, 255]],
    ["PQ up to 10000 cd/m2", [cICP(9, 16), cLLI(10_000)], [0, 58, 230]],
    ["PQ for a display of 4000 cd/m2", [cICP(9, 16), mDCV(4000)], [0, 63, 246]],
    ["HLG", [cICP(9, 18)], [0, 103, 196]],
    ["HLG with the primaries of sRGB", [cICP(1, 18)], [16, 100, 190]],
    ["HLG up to 400 cd/m2", [cICP(9, 18), cLLI(400)], [0, 127, 240]],
    ["unspecified codes", [cICP(2, 2)], [26, 128, 204]],
    ["gAMA after unspecified codes", [cICP(2, 13), gAMA(1)], [90, 188, 231]],
    ["gAMA after the unknown transfer 9", [cICP(1, 9), gAMA(1)], [90, 188, 231]],
    ["gAMA after codes of a narrow range", [cICP(9, 13, 0, 0), gAMA(1)], [90, 188, 231]],
    ["a code before gAMA", [gAMA(1), cICP(12, 13)], [0, 130, 210]],
  ])("%s", async (name, chunks, expected) => {
    for (const depth of [8, 16] as const)
      await expectColour(`${name}, ${depth} bits`, flatPng("rgb", { colour: dark, depth }, chunks), expected, 2);
  });

  test.each([
    ["matrix", 1, 1],
    ["range", 0, 2],
  ])("refuses a %s that PNG forbids", async (_, matrix, range) => {
    const picture = decoded(flatPng("rgb", { colour: dark, depth: 8 }, [cICP(9, 16, matrix, range)]));
    await expect(picture).rejects.toMatchObject({ code: "BAD_INPUT", message: expect.stringContaining("cICP") });
  });

  test("cICP takes precedence over iCCP", async () => {
    const icc = rgbProfile(colourSpaces["Adobe RGB"]);
    await expectColour("both", flatPng("rgb", { colour: dark, depth: 8, icc }, [cICP(12, 13)]), [0, 130, 210]);
  });

  test("gAMA applies to grey", async () => {
    await expectColour("grey", flatPng("grey", { colour: [grey], depth: 8 }, [gAMA(1)]), [170, 170, 170]);
  });
});

describe("colours that an AVIF declares by codes, as Chromium shows them", () => {
  const plain = (bitdepth: 8 | 10) =>
    sharp({ create: { width: 64, height: 64, channels: 3, background: { r: 26, g: 128, b: 204 } } })
      .avif({ quality: 95, chromaSubsampling: "4:4:4", bitdepth, effort: 0 })
      .toBuffer();
  const files = Promise.all([plain(8), plain(10)]);

  test.each([
    ["sRGB", 1, 13, [26, 128, 203]],
    ["Display P3", 12, 13, [0, 130, 209]],
    ["Display P3 with video's curve", 12, 1, [0, 130, 209]],
    ["Display P3 without a curve", 12, 2, [0, 130, 209]],
    ["BT.2020", 9, 14, [0, 134, 210]],
    ["light itself", 1, 8, [90, 188, 231]],
    ["light itself without primaries", 2, 8, [90, 188, 231]],
    ["gamma 2.2", 12, 4, [0, 131, 210]],
    ["SMPTE 240M", 1, 7, [44, 141, 209]],
    ["digital cinema", 1, 17, [9, 118, 204]],
    ["PQ", 9, 16, [0, 70, 255]],
    ["HLG", 9, 18, [0, 103, 195]],
    ["no codes", 2, 2, [26, 128, 203]],
  ])("%s", async (_, primaries, transfer, expected) => {
    for (const file of await files) {
      await expectColour("container", withContainerCodes(file, primaries, transfer), expected, 2);
      await expectColour("AV1 data", withSequenceCodes(file, primaries, transfer), expected, 2);
    }
  });

  test("the container takes precedence over the AV1 data", async () => {
    for (const file of await files) {
      await expectColour("P3", withContainerCodes(withSequenceCodes(file, 9, 8), 12, 13), [0, 130, 209], 2);
      await expectColour("none", withContainerCodes(withSequenceCodes(file, 9, 8), 2, 2), [26, 128, 203], 2);
    }
  });

  test("HLG up to 400 cd/m2", async () => {
    for (const file of await files) await expectColour("HLG", withContainerCodes(file, 9, 18, 400), [0, 127, 238], 2);
  });

  test("refuses a curve that is not known", async () => {
    const [file] = await files;
    const message = expect.stringContaining("code 9");
    await expect(decoded(withContainerCodes(file, 1, 9))).rejects.toMatchObject({ code: "BAD_INPUT", message });
  });

  test.each([
    ["libaom", "12000a0d000000032fffcfff9d0910090432"],
    ["SVT-AV1", "12000a0d000000032fffcfbf950910090432"],
    ["rav1e", "12000a0d000000f997ffe210ae8488048a32"],
  ])("reads the codes of data of %s, and those of the first tile of a grid", (_, start) => {
    const sequence = Buffer.from(start, "hex");
    expect(sequenceCodes(sequence)).toEqual([9, 16]);
    expect(heifSpace(gridContainer(sequence))?.toneMap).toBeDefined();
  });

  test("survives a container that is cut off", async () => {
    const [file] = await files;
    const coded = withContainerCodes(file, 12, 13);
    for (let end = 20; end < coded.byteLength; end += 5)
      await decoded(coded.subarray(0, end)).catch(({ code }) => expect(code).toBe("BAD_INPUT"));
  });
});
