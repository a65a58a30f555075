import { deflateSync } from "node:zlib";
import sharp from "sharp";
import { expect, test } from "vitest";
import { openPicture } from "../../server/pictures/decode.js";
import { flatPage, tiffOf } from "../helpers/picture-files.js";

const [red, blue] = [
  [1, 0, 0],
  [0, 0, 1],
];

async function decoded(bytes: Buffer, size?: { width: number; height: number }) {
  const picture = await openPicture(bytes);
  return { size: picture.size, data: [...(await picture.decode(size ?? picture.size, "fill")).data] };
}

test.each([false, true])("the largest page is taken, of a BigTIFF too: %s", async (isBig) => {
  for (const depth of [8, 12] as const) {
    const pages = [
      flatPage("rgb", { colour: red, depth, width: 20, height: 16 }),
      flatPage("rgb", { colour: blue, depth, width: 40, height: 32 }),
      flatPage("rgb", { colour: red, depth, width: 32, height: 32 }),
    ];
    const { size, data } = await decoded(tiffOf(pages, { isBig }), { width: 1, height: 1 });
    expect({ size, data }).toEqual({ size: { width: 40, height: 32 }, data: [0, 0, 255] });
  }
});

const [width, height] = [24, 16];
/** Columns become redder, rows greener. */
const pixels = Array.from({ length: width * height }, (_, i) => [(i % width) * 10, Math.floor(i / width) * 15, 40]).flat();

/** A TIFF of these pixels with an orientation, as bytes or as floats. */
function oriented(orientation: number, isFloat: boolean): Buffer {
  const { fields } = flatPage("rgb", { colour: red, depth: isFloat ? "float" : 8, width, height });
  // Floats are light itself.
  const linear = pixels.map((value) => (value <= 10 ? value / 255 / 12.92 : ((value / 255 + 0.055) / 1.055) ** 2.4));
  const strip = isFloat ? Buffer.from(Float32Array.from(linear).buffer) : Buffer.from(pixels);
  return tiffOf([{ strip, fields: [...fields, [274, 3, [orientation]]] }]);
}

test.each([1, 2, 3, 4, 5, 6, 7, 8])("orientation %i gives the same picture with both readers", async (orientation) => {
  const [bytes, floats] = [await decoded(oriented(orientation, false)), await decoded(oriented(orientation, true))];
  expect(floats.size).toEqual(bytes.size);
  const differences = floats.data.map((value, i) => Math.abs(value - bytes.data[i]!));
  expect(Math.max(...differences)).toBeLessThanOrEqual(1);
});

test("colours that are multiplied by their alpha already are not multiplied twice", async () => {
  const premultiplied = (depth: 8 | 12) => {
    const { strip, fields } = flatPage("rgb", { colour: [0.4, 0.2, 0, 0.4], depth });
    return tiffOf([{ strip, fields: [...fields, [338, 3, [1]]] }]);
  };
  // Over white: 0.4 + 0.6, 0.2 + 0.6, 0 + 0.6.
  for (const depth of [8, 12] as const) {
    const { data } = await decoded(premultiplied(depth), { width: 1, height: 1 });
    for (const [i, value] of [255, 204, 153].entries()) expect(Math.abs(data[i]! - value), `${depth} bits`).toBeLessThanOrEqual(1);
  }
});

test("a last strip that is filled up with rows is read", async () => {
  const rowsPerStrip = 10;
  const { fields } = flatPage("rgb", { colour: red, depth: "float", width, height });
  const row = Buffer.from(Float32Array.from(Array(width).fill([1, 0, 0]).flat()).buffer);
  const strip = deflateSync(Buffer.concat(Array(rowsPerStrip).fill(row)));
  const byTag = new Map(fields.map((field) => [field[0], field]));
  byTag.set(259, [259, 3, [8]]).set(278, [278, 3, [rowsPerStrip]]);
  // Both strips, of 10 and 6 rows, are the same bytes.
  const tiff = tiffOf([{ strip, fields: [...byTag.values()] }], { strips: 2 });
  expect(new Set((await decoded(tiff)).data.map((value, i) => `${i % 3}:${value}`))).toEqual(new Set(["0:255", "1:0", "2:0"]));
});

test("a BigTIFF of another program is read", async () => {
  const big = await sharp(Buffer.from(pixels), { raw: { width, height, channels: 3 } })
    .tiff({ bigtiff: true, compression: "none" })
    .toBuffer();
  expect((await decoded(big)).data).toEqual(pixels);
});
