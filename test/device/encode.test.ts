import sharp from "sharp";
import { describe, expect, test } from "vitest";
import type { Planes } from "../../server/art/painter.js";
import { toInterleaved } from "../../server/art/picture.js";
import { encodeFrame } from "../../server/device/encode.js";

/** A picture whose channels differ, so that swapped planes show. */
function gradient(width: number, height: number): Planes {
  const data = new Float32Array(3 * width * height);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      data[y * width + x] = x / (width - 1);
      data[(height + y) * width + x] = y / (height - 1);
      data[(2 * height + y) * width + x] = 0.25;
    }
  }
  return { width, height, data };
}

describe("encoding a frame", () => {
  test("a lossless frame is a PNG with exactly the bytes of the planes", async () => {
    const planes = gradient(31, 17);
    const { bytes, mimeType } = await encodeFrame(planes, true);
    const { data, info } = await sharp(bytes).raw().toBuffer({ resolveWithObject: true });
    expect(mimeType).toBe("image/png");
    expect([info.width, info.height, info.channels]).toEqual([31, 17, 3]);
    expect(new Uint8Array(data)).toEqual(toInterleaved(planes));
  });

  test("any other frame is a JPEG close to the planes, with full colour resolution", async () => {
    const planes = gradient(32, 16);
    const { bytes, mimeType } = await encodeFrame(planes, false);
    const metadata = await sharp(bytes).metadata();
    const decoded = await sharp(bytes).raw().toBuffer();
    const expected = toInterleaved(planes);
    const worst = decoded.reduce((most, value, index) => Math.max(most, Math.abs(value - expected[index]!)), 0);
    expect(mimeType).toBe("image/jpeg");
    expect(metadata).toMatchObject({ format: "jpeg", width: 32, height: 16, chromaSubsampling: "4:4:4" });
    expect(worst).toBeLessThan(16);
  });

  test("rounds to the nearest byte and clamps values beyond the range", () => {
    const data = Float32Array.of(-3, 0, 0.4999 / 255, 0.5001 / 255, 0.5, 1, 1.001, 7, Number.NaN, 1, 1, 1);
    expect([...toInterleaved({ width: 2, height: 2, data })]).toEqual([0, 128, 0, 0, 255, 255, 0, 255, 255, 1, 255, 255]);
  });

  test("the planes may change while they are encoded", async () => {
    const planes = gradient(16, 16);
    const expected = toInterleaved(planes);
    const encoding = encodeFrame(planes, true);
    planes.data.fill(0);
    expect(
      new Uint8Array(
        await sharp((await encoding).bytes)
          .raw()
          .toBuffer(),
      ),
    ).toEqual(expected);
  });
});
