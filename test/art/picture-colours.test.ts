import sharp from "sharp";
import { describe, expect, test } from "vitest";
import { decodePixels } from "../../server/art/picture.js";
import { type ColourSpace, colourSpaces, fromLight, greyProfile, inSrgb, labInSrgb, rgbProfile } from "../helpers/icc-profiles.js";
import { flatPng, flatTiff, pngChunk, type SampleDepth } from "../helpers/picture-files.js";

const colour = [0.7, 0.3, 0.4];
const grey = 0.4;
const lab: [number, number, number] = [50, 40, 20];

interface Profile {
  name: string;
  icc?: Buffer;
  /** RGB profiles only. */
  space?: ColourSpace;
  /** Grey profiles only. */
  gamma?: number;
}
const profiles: Profile[] = [
  { name: "no profile" },
  ...Object.entries<ColourSpace>(colourSpaces).map(([name, space]) => ({ name, icc: rgbProfile(space), space })),
  ...[1.8, 3].map((gamma) => ({ name: `grey with gamma ${gamma}`, icc: greyProfile(gamma), gamma })),
];

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

describe.each(profiles)("colours with $name", ({ icc, space, gamma }) => {
  const depths: SampleDepth[] = [8, 10, 12, 16, "float"];
  // Floats without a profile are linear light. A profile of another colour model is ignored.
  const rgbFor = (depth: SampleDepth) => (depth === "float" && !icc ? colour.map(fromLight) : inSrgb(colour, space ?? colourSpaces.sRGB));
  const greyFor = (depth: SampleDepth) => {
    const level = gamma ? fromLight(grey ** gamma) : depth === "float" && !icc ? fromLight(grey) : 255 * grey;
    return [level, level, level];
  };
  // Values of 8 bits are as coarse as the result.
  const toleranceFor = (depth: SampleDepth) => (depth === 8 ? 3 : 1);

  test.each(depths)("TIFF with %s bits a channel", async (depth) => {
    for (const alpha of [false, true]) {
      await expectColour("rgb", flatTiff("rgb", { colour, depth, icc }, alpha), rgbFor(depth), toleranceFor(depth));
      await expectColour("grey", flatTiff("grey", { colour: [grey], depth, icc }, alpha), greyFor(depth));
    }
    if (depth !== "float") await expectColour("lab", flatTiff("lab", { colour: lab, depth, icc }), labInSrgb(lab));
    if (depth === 8) await expectColour("palette", flatTiff("palette", { colour, depth, icc }), rgbFor(depth), 3);
    if (depth === 8 || depth === 16) {
      const cmyk = flatTiff("cmyk", { colour: [0.1, 0.7, 0.5, 0.1], depth, icc });
      const usual = await decoded(flatTiff("cmyk", { colour: [0.1, 0.7, 0.5, 0.1], depth: 8 }));
      await expectColour("cmyk", cmyk, usual);
    }
  });

  test.each([8, 16] as const)("PNG with %i bits a channel", async (depth) => {
    const picture = { colour, depth, icc };
    for (const model of ["rgb", "rgbAlpha"] as const)
      await expectColour(model, flatPng(model, picture), rgbFor(depth), toleranceFor(depth));
    for (const model of ["grey", "greyAlpha"] as const) {
      await expectColour(model, flatPng(model, { ...picture, colour: [grey] }), greyFor(depth));
    }
    if (depth === 8) await expectColour("palette", flatPng("palette", picture), rgbFor(8), 3);
  });
});

test.each([10, 12] as const)("keeps the colours of AVIF with %i bits", async (bitdepth) => {
  const picture = sharp({ create: { width: 64, height: 64, channels: 3, background: { r: 220, g: 40, b: 40 } } });
  for (const name of ["srgb", "p3"]) {
    const avif = picture.clone().toColourspace("rgb16").withIccProfile(name).avif({ bitdepth, quality: 95, effort: 0 });
    await expectColour(name, await avif.toBuffer(), [220, 40, 40], 4);
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
  const srgb = pngChunk("cHRM", words(0.3127, 0.329, 0.64, 0.33, 0.3, 0.6, 0.15, 0.06));
  const adobe = pngChunk("cHRM", words(0.3127, 0.329, 0.64, 0.33, 0.21, 0.71, 0.15, 0.06));
  const wide = pngChunk("cHRM", words(0.3457, 0.3585, 0.7347, 0.2653, 0.1596, 0.8404, 0.0366, 0.0001));
  const cICP = (primaries: number, transfer: number) => pngChunk("cICP", Buffer.from([primaries, transfer, 0, 1]));

  test.each([
    ["no chunk", [], [26, 128, 204]],
    ["the gamma of sRGB", [gAMA(0.45455)], [26, 128, 204]],
    ["light itself", [gAMA(1)], [90, 188, 231]],
    ["a gamma and the primaries of sRGB", [gAMA(0.45455), srgb], [19, 129, 205]],
    ["a gamma and the primaries of Adobe RGB", [gAMA(0.45455), adobe], [0, 129, 208]],
    ["a gamma and a white that is D50", [gAMA(0.45455), wide], [0, 141, 215]],
    ["primaries without a gamma", [adobe], [26, 128, 204]],
    ["sRGB before gAMA", [pngChunk("sRGB", Buffer.from([0])), gAMA(1)], [26, 128, 204]],
    ["Display P3 by code", [cICP(12, 13)], [0, 130, 210]],
    ["BT.2020 with sRGB's curve by code", [cICP(9, 13)], [0, 134, 211]],
    ["BT.2020 by code", [cICP(9, 14)], [0, 127, 209]],
    ["video by code", [cICP(1, 1)], [13, 121, 201]],
    ["light itself by code", [cICP(1, 8)], [90, 188, 231]],
    ["unspecified codes", [cICP(2, 2)], [26, 128, 204]],
    ["a code before gAMA", [gAMA(1), cICP(12, 13)], [0, 130, 210]],
  ])("%s", async (name, chunks, expected) => {
    for (const depth of [8, 16] as const)
      await expectColour(`${name}, ${depth} bits`, flatPng("rgb", { colour: dark, depth }, chunks), expected, 2);
  });

  test("cICP takes precedence over iCCP", async () => {
    const icc = rgbProfile(colourSpaces["Adobe RGB"]);
    await expectColour("both", flatPng("rgb", { colour: dark, depth: 8, icc }, [cICP(12, 13)]), [0, 130, 210]);
  });

  test("gAMA applies to grey", async () => {
    await expectColour("grey", flatPng("grey", { colour: [grey], depth: 8 }, [gAMA(1)]), [170, 170, 170]);
  });
});
