import sharp, { type Sharp } from "sharp";
import { expect, test } from "vitest";
import { withoutMetadata } from "../../server/pictures/metadata.js";
import { encodeUpright } from "../../server/pictures/upright.js";
import { pngChunk } from "../helpers/picture-files.js";

const SECRET = "Ada Lovelace, 51.5007 N";
const exif = { IFD0: { Artist: SECRET, Copyright: SECRET }, IFD3: { GPSLatitude: "51/1 30/1 2/1", GPSLatitudeRef: "N" } };
const XMP = `<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description rdf:about="${SECRET}"/></rdf:RDF></x:xmpmeta>`;

/** A picture whose left half is red and whose right half is blue. */
function halves(): Sharp {
  const red = { create: { width: 32, height: 48, channels: 3 as const, background: "red" } };
  return sharp({ create: { width: 64, height: 48, channels: 3, background: "blue" } }).composite([{ input: red, left: 0, top: 0 }]);
}
const told = (picture: Sharp) => picture.withExif(exif).withXmp(XMP).keepIccProfile();
const pixels = (bytes: Uint8Array) => sharp(bytes, { pages: -1 }).raw().toBuffer();
const holds = (bytes: Uint8Array, text: string) => Buffer.from(bytes).includes(text);

async function expectBare(bytes: Uint8Array): Promise<void> {
  const { exif: left, xmp, iptc, comments } = await sharp(bytes).metadata();
  expect([left, xmp, iptc, comments]).toEqual([undefined, undefined, undefined, undefined]);
  expect(holds(bytes, SECRET)).toBe(false);
}

/** A segment of a JPEG after its first marker. */
function withSegment(jpeg: Buffer, marker: number, body: string): Buffer {
  const segment = Buffer.concat([Buffer.from([0xff, marker, 0, 2 + body.length]), Buffer.from(body)]);
  return Buffer.concat([jpeg.subarray(0, 2), segment, jpeg.subarray(2)]);
}

const formats: [string, () => Promise<Buffer>][] = [
  ["JPEG", () => told(halves()).withIccProfile("p3").jpeg().toBuffer()],
  ["progressive JPEG", () => told(halves()).jpeg({ progressive: true }).toBuffer()],
  ["CMYK JPEG", () => told(halves().toColourspace("cmyk")).jpeg().toBuffer()],
  ["PNG", () => told(halves()).withIccProfile("p3").png().toBuffer()],
  ["WebP", () => told(halves()).withIccProfile("p3").webp().toBuffer()],
  ["lossless WebP", () => told(halves()).webp({ lossless: true }).toBuffer()],
];

test.each(formats)("a %s loses what it tells of its author and place, and keeps every pixel and its colours", async (_name, make) => {
  const bytes = await make();
  expect(holds(bytes, SECRET)).toBe(true);
  const bare = withoutMetadata(bytes)!;
  await expectBare(bare);
  expect(await pixels(bare)).toEqual(await pixels(bytes));
  expect((await sharp(bare).metadata()).icc).toEqual((await sharp(bytes).metadata()).icc);
});

test("comments, IPTC, other applications' segments and what follows a JPEG are left out", async () => {
  const plain = await halves().jpeg().toBuffer();
  const segments = [0xfe, 0xed, 0xec, 0xe2].reduce<Buffer>((jpeg, marker) => withSegment(jpeg, marker, SECRET), plain);
  const bare = withoutMetadata(Buffer.concat([segments, Buffer.from(SECRET), plain]))!;
  await expectBare(bare);
  expect(bare.byteLength).toBeLessThanOrEqual(plain.byteLength);
  expect(await pixels(bare)).toEqual(await pixels(plain));
});

test("texts and times of a PNG are left out, and what follows it", async () => {
  const plain = await halves().png().toBuffer();
  const texts = [
    pngChunk("tEXt", Buffer.from(`Author\0${SECRET}`)),
    pngChunk("tIME", Buffer.alloc(7)),
    pngChunk("prVt", Buffer.from(SECRET)),
  ];
  const told = Buffer.concat([plain.subarray(0, 33), ...texts, plain.subarray(33), Buffer.from(SECRET)]);
  expect(withoutMetadata(told)).toEqual(plain);
});

test("an animated GIF keeps its pictures and their times, and loses its comments", async () => {
  const stack = await sharp(Buffer.concat([Buffer.alloc(16 * 16 * 3, 10), Buffer.alloc(16 * 16 * 3, 200)]), {
    raw: { width: 16, height: 32, channels: 3, pageHeight: 16 },
  })
    .gif({ delay: [120, 340], loop: 3 })
    .toBuffer();
  const comment = Buffer.concat([Buffer.from([0x21, 0xfe, SECRET.length]), Buffer.from(SECRET), Buffer.from([0])]);
  const bare = withoutMetadata(Buffer.concat([stack.subarray(0, -1), comment, stack.subarray(-1)]))!;
  await expectBare(bare);
  expect(bare).toEqual(stack);
  const { delay, loop, pages } = await sharp(bare).metadata();
  expect({ delay, loop, pages }).toEqual({ delay: [120, 340], loop: 3, pages: 2 });
});

test.each(["jpeg", "webp", "png"] as const)("a %s that EXIF turns is encoded anew, upright", async (format) => {
  const bytes = await halves().withMetadata({ orientation: 6 }).withExifMerge(exif).toFormat(format).toBuffer();
  expect(withoutMetadata(bytes)).toBeNull();
  const upright = await encodeUpright(bytes);
  await expectBare(upright);
  const { data, info } = await sharp(upright).removeAlpha().raw().toBuffer({ resolveWithObject: true });
  expect([info.width, info.height]).toEqual([48, 64]);
  // Turned to the right, the left half is above.
  expect([...data.subarray(0, 3)].map((value) => value > 128)).toEqual([true, false, false]);
  expect([...data.subarray(-3)].map((value) => value > 128)).toEqual([false, false, true]);
});

test("a turned JPEG keeps a wide colour profile with its values", async () => {
  const wide = await halves().withIccProfile("p3").jpeg({ quality: 95 }).toBuffer();
  const turned = await sharp(wide)
    .keepIccProfile()
    .withExif({ IFD0: { Orientation: "3" } })
    .jpeg({ quality: 100 })
    .toBuffer();
  const upright = await encodeUpright(turned);
  expect((await sharp(upright).metadata()).icc).toEqual((await sharp(turned).metadata()).icc);
  const [before, after] = await Promise.all(
    [turned, upright].map((bytes) => sharp(bytes).autoOrient().resize(1, 1, { fit: "fill" }).raw().toBuffer()),
  );
  for (const [i, value] of [...before!].entries()) expect(Math.abs(value - after![i]!)).toBeLessThan(4);
});

test.each(["avif", "tiff"] as const)("an %s is encoded anew", async (format) => {
  const bytes = await told(halves()).toFormat(format).toBuffer();
  expect(withoutMetadata(bytes)).toBeNull();
  const upright = await encodeUpright(bytes);
  await expectBare(upright);
  expect((await sharp(upright).metadata()).format).toBe("png");
});

test("a damaged file is never passed on as it is", async () => {
  const png = await told(halves()).png().toBuffer();
  expect(withoutMetadata(png.subarray(0, png.length - 20))).toBeNull();
  const gif = await halves().gif().toBuffer();
  expect(withoutMetadata(gif.subarray(0, gif.length - 3))).toBeNull();
});
