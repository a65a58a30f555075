import sharp from "sharp";
import { describe, expect, test } from "vitest";
import { decodePlanes, toInterleaved } from "../../server/art/picture.js";
import { enlarge } from "../../server/art/resample.js";
import { noisePicture } from "../../server/art/starting-picture.js";

const red = { create: { width: 40, height: 20, channels: 3 as const, background: { r: 255, g: 0, b: 0 } } };
const centre = (planes: { width: number; height: number; data: Float32Array }) =>
  [0, 1, 2].map((c) => planes.data[c * planes.width * planes.height + Math.floor((planes.height / 2) * planes.width + planes.width / 2)]!);

describe("decoding a picture", () => {
  test("fits the longer side exactly and keeps the shape", async () => {
    const planes = await decodePlanes(await sharp(red).png().toBuffer(), { longerSide: 100 });
    expect([planes.width, planes.height]).toEqual([100, 50]);
    expect(centre(planes)).toEqual([1, 0, 0]);
  });

  test("applies EXIF orientation", async () => {
    const turned = await sharp(red).jpeg().withMetadata({ orientation: 6 }).toBuffer();
    expect(await decodePlanes(turned, { longerSide: 40 })).toMatchObject({ width: 20, height: 40 });
  });

  test("puts transparent pictures on white", async () => {
    const clear = await sharp({ create: { ...red.create, channels: 4, background: { r: 0, g: 0, b: 0, alpha: 0 } } })
      .png()
      .toBuffer();
    expect(centre(await decodePlanes(clear, { longerSide: 40 }))).toEqual([1, 1, 1]);
  });

  test.each([
    ["greyscale", () => sharp(red).greyscale().png(), [0.5, 0.5, 0.5]],
    ["CMYK", () => sharp(red).toColourspace("cmyk").jpeg(), [0.9, 0, 0]],
    ["16 bit", () => sharp(red).toColourspace("rgb16").png(), [1, 0, 0]],
    ["WebP", () => sharp(red).webp(), [1, 0, 0]],
    ["GIF", () => sharp(red).gif(), [1, 0, 0]],
    ["AVIF", () => sharp(red).avif(), [1, 0, 0]],
    ["TIFF", () => sharp(red).tiff(), [1, 0, 0]],
  ])("keeps the colours of %s", async (_name, encode, colour) => {
    const planes = await decodePlanes(await encode().toBuffer(), { longerSide: 40 });
    expect(planes.data).toHaveLength(3 * 40 * 20);
    for (const [channel, value] of centre(planes).entries()) expect(Math.abs(value - colour[channel]!)).toBeLessThan(0.05);
  });

  test("crops around the centre when both sides are given", async () => {
    const striped = sharp({ create: { ...red.create, background: "blue" } }).composite([
      { input: { create: { ...red.create, width: 10 } }, left: 15, top: 0 },
    ]);
    const planes = await decodePlanes(await striped.png().toBuffer(), { width: 10, height: 20 });
    expect(planes).toMatchObject({ width: 10, height: 20 });
    expect(centre(planes)).toEqual([1, 0, 0]);
  });

  test("refuses bytes that are not a picture", async () => {
    await expect(decodePlanes(Buffer.from("not a picture"), { longerSide: 40 })).rejects.toMatchObject({ code: "BAD_INPUT" });
  });
});

test("interleaved bytes are the planes, rounded and clamped", () => {
  const planes = { width: 2, height: 1, data: Float32Array.of(0, 1, 0.5, 0.25, -3, 7) };
  expect([...toInterleaved(planes)]).toEqual([0, 128, 0, 255, 64, 255]);
});

test("the same seed gives the same noise, and another seed gives other noise", () => {
  const size = { width: 16, height: 9 };
  expect(noisePicture(size, 7)).toEqual(noisePicture(size, 7));
  expect(noisePicture(size, 7)).not.toEqual(noisePicture(size, 8));
});

test("enlarging keeps a flat picture flat and a ramp straight", () => {
  const ramp = { width: 8, height: 2, data: Float32Array.from({ length: 48 }, (_, i) => (i % 8) / 8) };
  const large = enlarge(ramp, { width: 16, height: 4 });
  expect(large.data).toHaveLength(3 * 64);
  for (let x = 4; x < 12; x++) expect(large.data[16 + x]).toBeCloseTo((x + 0.5) / 16 - 1 / 16, 5);
});
