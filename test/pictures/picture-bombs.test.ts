import { expect, test } from "vitest";
import { openPicture } from "../../server/pictures/decode.js";

/** A TIFF of 24 MB with one page of these fields: tag, type (3: 16 bits, 4: 32 bits), number of values, value or offset. */
function tiff(fields: readonly (readonly [number, number, number, number])[]): Buffer {
  const bytes = Buffer.alloc(24e6);
  bytes.write("II*\0", 0, "latin1");
  bytes.writeUInt32LE(8, 4);
  bytes.writeUInt16LE(fields.length, 8);
  fields.forEach(([tag, type, count, value], index) => {
    const at = 10 + 12 * index;
    bytes.writeUInt16LE(tag, at);
    bytes.writeUInt16LE(type, at + 2);
    bytes.writeUInt32LE(count, at + 4);
    bytes.writeUInt32LE(value, at + 8);
  });
  return bytes;
}

test("TIFF fields that share their bytes take bounded memory", async () => {
  const before = process.memoryUsage.rss();
  const bytes = tiff(Array.from({ length: 400 }, () => [273, 1, 3_900_000, 0] as const));
  await expect(openPicture(bytes)).rejects.toMatchObject({ code: "BAD_INPUT" });
  expect(process.memoryUsage.rss() - before).toBeLessThan(200e6);
});

test("a TIFF of floats with too many pixels is refused before its samples are read", async () => {
  const picture = await openPicture(
    tiff([
      [256, 4, 1, 7000],
      [257, 4, 1, 7000],
      [258, 3, 1, 32],
      [259, 3, 1, 1],
      [262, 3, 1, 2],
      [273, 4, 1, 1000],
      [277, 3, 1, 3],
      [278, 4, 1, 7000],
      [279, 4, 1, 20e6],
      [339, 3, 1, 3],
    ]),
  );
  await expect(picture.decode({ width: 8, height: 8 }, "fill")).rejects.toMatchObject({
    code: "LIMIT",
    message: expect.stringContaining("at most 4 million pixels"),
    detail: { limit: 4e6, max: 4e6, unit: "pixels" },
  });
});
