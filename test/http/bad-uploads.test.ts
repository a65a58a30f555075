import { join } from "node:path";
import { crc32, deflateSync } from "node:zlib";
import sharp from "sharp";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { type Answer, ask, limits, type RunningServer, startHttp } from "./server.js";

let server: RunningServer;
beforeAll(async () => {
  server = await startHttp();
});
afterAll(() => server.close());
afterEach(async () => {
  expect(server.faults, "the server's own faults").toEqual([]);
  const good = await post([await picture(32, 32).png().toBuffer()]);
  expect(good.status, "the server keeps running").toBe(201);
});

const picture = (width: number, height: number) => sharp({ create: { width, height, channels: 3, background: "#c84" } });
const post = (body: Uint8Array[], headers: Record<string, string> = {}): Promise<Answer> =>
  ask(server.port, "/images", { method: "POST", headers, body });

function refusal(answer: Answer) {
  expect(answer.headers["content-type"]).toMatch(/^application\/json/);
  expect(answer.body.toString()).not.toMatch(/\/tmp|node_modules|at .*:\d+:\d+/);
  return { status: answer.status, ...(answer.json() as object) };
}

/** A PNG with one chunk after its header: its pixels are a few zeros or missing. */
function pngBomb(width: number, height: number): Buffer {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([8, 2, 0, 0, 0], 8);
  const chunk = (type: string, data: Buffer) => {
    const named = Buffer.concat([Buffer.from(type), data]);
    const frame = Buffer.alloc(8);
    frame.writeUInt32BE(data.byteLength, 0);
    frame.writeUInt32BE(crc32(named), 4);
    return Buffer.concat([frame.subarray(0, 4), named, frame.subarray(4)]);
  };
  const signature = Buffer.from("\x89PNG\r\n\x1a\n", "latin1");
  return Buffer.concat([signature, chunk("IHDR", header), chunk("IDAT", deflateSync(Buffer.alloc(1000))), chunk("IEND", Buffer.alloc(0))]);
}

describe("POST /images refuses", () => {
  it("an empty body", async () => {
    for (const body of [[], [new Uint8Array()]]) {
      expect(refusal(await post(body))).toMatchObject({ status: 400, code: "BAD_INPUT", field: "file" });
    }
  });

  it.each([
    ["text", "not a picture", "hello, I am not a picture"],
    ["SVG", "a SVG file", '<svg xmlns="http://www.w3.org/2000/svg" width="100" height="100"><rect width="100" height="100"/></svg>'],
    ["SVG after a declaration", "a SVG file", '<?xml version="1.0"?>\n<svg xmlns="http://www.w3.org/2000/svg" width="99" height="99"/>'],
    ["PDF", "a PDF file", "%PDF-1.7\n%\xe2\xe3\xcf\xd3\n"],
    ["HEIC", "a HEIC file", "\0\0\0\x18ftypheic\0\0\0\0mif1heic"],
    ["BMP", "a BMP file", `BM${"\0".repeat(200)}`],
    ["JPEG 2000", "a JPEG 2000 file", "\0\0\0\x0cjP  \r\n\x87\n\0\0\0\x14ftypjp2 "],
    ["JPEG XL", "a JPEG XL file", "\xff\x0a\x7f\x00"],
    ["one byte", "not a picture", "\xff"],
  ])("%s", async (_name, what, text) => {
    expect(refusal(await post([Buffer.from(text, "latin1")], { "Content-Type": "image/png" }))).toMatchObject({
      status: 415,
      code: "BAD_INPUT",
      message: expect.stringContaining(what),
      field: "file",
      limit: "JPEG, PNG, WebP, GIF, AVIF, TIFF",
      allowed: ["JPEG", "PNG", "WebP", "GIF", "AVIF", "TIFF"],
    });
  });

  it.each([
    ["PNG", () => picture(300, 200).png({ compressionLevel: 0 })],
    ["WebP", () => picture(300, 200).webp({ lossless: true })],
    ["GIF", () => picture(300, 200).gif()],
    ["AVIF", () => picture(300, 200).avif({ effort: 0 })],
    ["TIFF", () => picture(300, 200).tiff({ compression: "none" })],
  ])("a %s that is cut off at any place", async (_name, encode) => {
    const bytes = await encode().toBuffer();
    for (const part of [0.3, 0.6, 0.95]) {
      const cut = bytes.subarray(0, Math.max(16, Math.floor(bytes.byteLength * part)));
      expect(refusal(await post([cut])), `${part}`).toMatchObject({ status: 422, code: "BAD_INPUT", field: "file" });
    }
  });

  it.each([false, true])(
    "a JPEG that lacks more than half of its data, but accepts one that lacks less; progressive: %s",
    async (progressive) => {
      const noise = sharp({
        create: { width: 300, height: 200, channels: 3, background: "#888", noise: { type: "gaussian", mean: 128, sigma: 30 } },
      });
      const bytes = await noise.jpeg({ progressive }).toBuffer();
      // Noise spends more on its finest details than photos do, so its half is estimated too early.
      for (const part of progressive ? [0.1, 0.15] : [0.1, 0.3]) {
        const cut = bytes.subarray(0, Math.floor(bytes.byteLength * part));
        expect(refusal(await post([cut])), `${part}`).toMatchObject({ status: 422, code: "BAD_INPUT", field: "file" });
      }
      for (const missing of [2, Math.floor(bytes.byteLength / 100), Math.floor(bytes.byteLength / 5)]) {
        const answer = await post([bytes.subarray(0, -missing)]);
        expect([answer.status, answer.json()], `${missing}`).toEqual([201, expect.objectContaining({ width: 300, height: 200 })]);
      }
    },
  );

  it.each([
    ["libjpeg", false, { progressive: true, quality: 90 }],
    ["libjpeg", true, { progressive: true, quality: 75 }],
    ["mozjpeg", false, { mozjpeg: true, quality: 80 }],
    ["mozjpeg", true, { mozjpeg: true, quality: 80 }],
    ["mozjpeg", false, { mozjpeg: true, quality: 95 }],
  ])("a progressive photo by %s (grey: %s) of which a third is there, but not one of two thirds", async (_encoder, grey, options) => {
    for (const name of ["acanthus", "allium", "nagasaki-boats", "stained-glass"]) {
      const photo = sharp(join(import.meta.dirname, `../../web/public/samples/${name}.jpg`)).greyscale(grey);
      const bytes = await photo.jpeg(options).toBuffer();
      const statuses = [];
      for (const part of [0.3, 0.67, 0.9, 0.99]) statuses.push((await post([bytes.subarray(0, Math.floor(part * bytes.length))])).status);
      expect(statuses, name).toEqual([422, 201, 201, 201]);
    }
  });

  it("a smooth progressive picture of which a third is there, but not one of which 1 % is missing", async () => {
    const gradient = Buffer.from(Array.from({ length: 600 * 400 }, (_, i) => ((i % 600) * 255) / 600));
    const bytes = await sharp(gradient, { raw: { width: 600, height: 400, channels: 1 } })
      .jpeg({ mozjpeg: true, quality: 80 })
      .toBuffer();
    const statuses = [];
    for (const part of [0.33, 0.99]) statuses.push((await post([bytes.subarray(0, Math.floor(part * bytes.length))])).status);
    expect(statuses).toEqual([422, 201]);
  });

  it("bytes with only the beginning of a picture", async () => {
    const bytes = Buffer.concat([(await picture(300, 200).jpeg().toBuffer()).subarray(0, 100), Buffer.alloc(5000, 0x5a)]);
    expect(refusal(await post([bytes]))).toMatchObject({ status: 422, code: "BAD_INPUT" });
  });

  it.each([
    [1, 1],
    [15, 400],
    [400, 15],
  ])("a picture of %i x %i pixels", async (width, height) => {
    expect(refusal(await post([await picture(width, height).png().toBuffer()]))).toMatchObject({
      status: 422,
      code: "BAD_INPUT",
      field: "file",
      message: `The picture has ${width} x ${height} pixels; each side must have at least 16.`,
      limit: 16,
    });
  });

  it("a small file that decodes to 256 megapixels, after reading only its header", async () => {
    const before = process.memoryUsage.rss();
    expect(refusal(await post([pngBomb(16_000, 16_000)]))).toMatchObject({
      status: 413,
      code: "LIMIT",
      field: "file",
      limit: 50_000_000,
      max: 50_000_000,
      unit: "pixels",
    });
    expect(refusal(await post([pngBomb(2_000_000, 128)]))).toMatchObject({ status: 413, code: "LIMIT" });
    expect(process.memoryUsage.rss() - before).toBeLessThan(200e6);
  });

  it("a picture whose pixels are missing", async () => {
    expect(refusal(await post([pngBomb(4000, 4000)]))).toMatchObject({ status: 422, code: "BAD_INPUT" });
  });

  const tooLarge = { status: 413, code: "LIMIT", field: "file", limit: limits.maxUploadBytes, max: limits.maxUploadBytes, unit: "bytes" };

  it("a body over the limit that states its length", async () => {
    expect(refusal(await post([Buffer.alloc(limits.maxUploadBytes + 1)]))).toMatchObject(tooLarge);
  });

  it("a body over the limit that does not state its length", async () => {
    const chunks = Array.from({ length: 40 }, () => Buffer.alloc(100_000));
    expect(refusal(await post(chunks))).toMatchObject(tooLarge);
  });

  it("a form whose file is over the limit", async () => {
    const form = new FormData();
    form.append("file", new Blob([new Uint8Array(limits.maxUploadBytes + 1)]), "large.png");
    const response = await fetch(`http://127.0.0.1:${server.port}/images`, { method: "POST", body: form });
    expect({ status: response.status, ...((await response.json()) as object) }).toMatchObject(tooLarge);
  });

  it("a form without a part named file, and a body that is not a form", async () => {
    const form = new FormData();
    form.append("picture", new Blob(["x"]), "x.png");
    const response = await fetch(`http://127.0.0.1:${server.port}/images`, { method: "POST", body: form });
    expect({ status: response.status, ...((await response.json()) as object) }).toMatchObject({
      status: 400,
      code: "BAD_INPUT",
      field: "file",
    });
    for (const type of ["multipart/form-data", "multipart/form-data; boundary=x"]) {
      expect(refusal(await post([Buffer.from("not a form at all")], { "Content-Type": type }))).toMatchObject({
        status: 400,
        code: "BAD_INPUT",
      });
    }
  });

  it("a compressed body", async () => {
    const answer = await post([await picture(32, 32).png().toBuffer()], { "Content-Encoding": "gzip" });
    expect(refusal(answer)).toMatchObject({ status: 415, code: "BAD_INPUT", field: "Content-Encoding" });
  });
});
