import { isDeepStrictEqual } from "node:util";
import { serialize } from "node:v8";
import { describe, expect, test } from "vitest";
import { decodeCheckpoint, encodeCheckpoint } from "../../server/art/checkpoint.js";
import { CheckpointError } from "../../server/art/painter.js";

const header = { format: "atelier-style-transfer", version: 2 };

/** A picture of one colour, which distinguishes it from others. */
function picture(side: number, colour = 0) {
  return { width: side, height: side, data: new Float32Array(3 * side * side).fill(colour / 32) };
}

const adam = (side: number) => ({ mean: picture(side, 1).data, variance: picture(side, 2).data, steps: 7 });

function lbfgs(side: number) {
  const images = (count: number) => Array.from({ length: count }, (_, seed) => picture(side, seed).data);
  const [image, gradient, direction] = images(3) as [Float32Array, Float32Array, Float32Array];
  return { imageDifferences: images(10), gradientDifferences: images(10), image, gradient, direction, loss: 3, length: 0.5 };
}

describe("a style transfer's checkpoint", () => {
  test.each([
    ["Adam at 2048 px", 2048, adam],
    ["L-BFGS at 512 px", 512, lbfgs],
  ])("keeps the picture and the optimiser of %s", (_, side, optimizerOf) => {
    const checkpoint = { step: 9, picture: picture(side), optimizer: optimizerOf(side), convolutions: "WINOGRAD_4" as const };
    expect(isDeepStrictEqual(decodeCheckpoint(encodeCheckpoint(checkpoint)), { ...header, ...checkpoint })).toBe(true);
  });

  test("keeps the newest pairs of L-BFGS that fit, and at least the picture", () => {
    const side = 32;
    const given = { step: 9, picture: picture(side), optimizer: lbfgs(side), convolutions: "DIRECT" as const };
    const bytesFor = (pictures: number) => pictures * given.picture.data.byteLength;
    const kept = decodeCheckpoint(encodeCheckpoint(given, bytesFor(12))).optimizer;
    const { imageDifferences, gradientDifferences, ...rest } = given.optimizer;
    const newest = { imageDifferences: imageDifferences.slice(-4), gradientDifferences: gradientDifferences.slice(-4) };
    expect(isDeepStrictEqual(kept, { ...rest, ...newest })).toBe(true);
    const alone = decodeCheckpoint(encodeCheckpoint(given, bytesFor(3)));
    expect(isDeepStrictEqual(alone, { ...header, step: 9, picture: given.picture, optimizer: null, convolutions: "DIRECT" })).toBe(true);
  });

  test("of version 1 continues with direct convolutions", () => {
    const old = { ...header, version: 1, step: 1, picture: picture(4), optimizer: null };
    expect(decodeCheckpoint(serialize(old))).toEqual({ ...old, convolutions: "DIRECT" });
  });

  test.each([
    ["one of another version", serialize({ ...header, version: 3, step: 1 })],
    ["one of another format", serialize({ ...header, format: "another", step: 1 })],
    ["no object", serialize(3)],
    ["damaged", Uint8Array.of(1, 2, 3)],
  ])("is refused when it is %s", (_, bytes) => {
    expect(() => decodeCheckpoint(bytes)).toThrow(CheckpointError);
  });
});
