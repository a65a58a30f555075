import { once } from "node:events";
import { mkdir, rm, writeFile } from "node:fs/promises";
import { connect } from "node:net";
import { join } from "node:path";
import sharp from "sharp";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { aFrame, aSession } from "../contracts/records.js";
import { ask, type RunningServer, startHttp } from "./server.js";

let server: RunningServer;
beforeAll(async () => {
  server = await startHttp();
});
afterAll(() => server.close());

interface UploadedImage {
  id: string;
  url: string;
  width: number;
  height: number;
  mimeType: string;
  bytes: number;
  createdAt: string;
}

const noise = (width: number, height: number) =>
  sharp({ create: { width, height, channels: 3, background: "#000", noise: { type: "gaussian", mean: 128, sigma: 40 } } });
const halfClear = (width: number, height: number) =>
  sharp({ create: { width, height, channels: 4, background: { r: 200, g: 90, b: 40, alpha: 0.5 } } });

async function upload(bytes: Uint8Array, headers: Record<string, string> = {}): Promise<UploadedImage> {
  const answer = await ask(server.port, "/images", { method: "POST", headers, body: [bytes] });
  expect(answer.status, answer.body.toString()).toBe(201);
  expect(answer.headers.location).toBe((answer.json() as UploadedImage).url);
  return answer.json() as UploadedImage;
}

describe("POST /images", () => {
  it.each([
    ["image/jpeg", () => noise(60, 40).jpeg()],
    ["image/jpeg", () => noise(60, 40).jpeg({ progressive: true })],
    ["image/png", () => noise(60, 40).png()],
    ["image/png", () => noise(60, 40).png({ progressive: true })],
    ["image/webp", () => noise(60, 40).webp()],
    ["image/webp", () => noise(60, 40).webp({ lossless: true })],
    ["image/gif", () => noise(60, 40).gif()],
    ["image/avif", () => noise(60, 40).avif({ effort: 1 })],
    ["image/tiff", () => noise(60, 40).tiff({ compression: "lzw" })],
  ])("accepts %s and returns the same bytes", async (mimeType, encode) => {
    const bytes = await encode().toBuffer();
    const image = await upload(bytes, { "Content-Type": "application/octet-stream" });
    expect(image).toMatchObject({ width: 60, height: 40, mimeType, bytes: bytes.byteLength });
    expect(image.url).toBe(`/images/${image.id}`);
    expect(new Date(image.createdAt).toISOString()).toBe(image.createdAt);
    const kept = await ask(server.port, image.url);
    expect(kept.headers["content-type"]).toBe(mimeType);
    expect(kept.body.equals(bytes)).toBe(true);
  });

  it.each([
    ["CMYK", () => noise(60, 40).toColourspace("cmyk").jpeg()],
    ["16 bits", () => noise(60, 40).toColourspace("rgb16").png()],
    ["greyscale", () => noise(60, 40).greyscale().png()],
    ["alpha", () => halfClear(60, 40).png()],
    ["a palette", () => noise(60, 40).png({ palette: true, colours: 8 })],
  ])("accepts a picture with %s", async (_name, encode) => {
    expect(await upload(await encode().toBuffer())).toMatchObject({ width: 60, height: 40 });
  });

  it("measures a picture after EXIF orientation, and keeps its bytes", async () => {
    const bytes = await noise(60, 40).jpeg().withMetadata({ orientation: 6 }).toBuffer();
    const image = await upload(bytes);
    expect(image).toMatchObject({ width: 40, height: 60 });
    expect((await ask(server.port, image.url)).body.equals(bytes)).toBe(true);
  });

  it("accepts an animation and measures its first frame", async () => {
    const frames = await Promise.all([noise(60, 40).raw().toBuffer(), noise(60, 40).raw().toBuffer()]);
    const bytes = await sharp(Buffer.concat(frames), { raw: { width: 60, height: 80, channels: 3, pageHeight: 40 } })
      .gif()
      .toBuffer();
    expect(await upload(bytes)).toMatchObject({ width: 60, height: 40, mimeType: "image/gif" });
  });

  it("recognises the type by the bytes, regardless of the Content-Type", async () => {
    const bytes = await noise(60, 40).png().toBuffer();
    expect(await upload(bytes, { "Content-Type": "image/svg+xml" })).toMatchObject({ mimeType: "image/png" });
  });

  it("accepts the part `file` of a form among other parts", async () => {
    const bytes = await noise(60, 40).png().toBuffer();
    const form = new FormData();
    form.append("note", "hello");
    form.append("other", new Blob(["not this"]), "other.txt");
    form.append("file", new Blob([Uint8Array.from(bytes)]), "../../etc/passwd");
    const response = await fetch(`http://127.0.0.1:${server.port}/images`, { method: "POST", body: form });
    expect(response.status).toBe(201);
    const image = (await response.json()) as UploadedImage;
    expect((await ask(server.port, image.url)).body.equals(bytes)).toBe(true);
  });

  it("accepts a chunked body without its length", async () => {
    const bytes = await noise(60, 40).png().toBuffer();
    const chunks = [bytes.subarray(0, 7), bytes.subarray(7, 1000), bytes.subarray(1000)];
    const answer = await ask(server.port, "/images", { method: "POST", body: chunks });
    expect(answer.status).toBe(201);
  });

  it("accepts uploads beside a hundred others that send almost nothing", async () => {
    const slow = Array.from({ length: 100 }, () => connect(server.port, "127.0.0.1"));
    await Promise.all(slow.map((socket) => once(socket, "connect")));
    for (const socket of slow) socket.write(`POST /images HTTP/1.1\r\nHost: 127.0.0.1:${server.port}\r\nContent-Length: 1000000\r\n\r\nx`);
    const bytes = await noise(60, 40).png().toBuffer();
    await Promise.all([upload(bytes), upload(bytes)]);
    for (const socket of slow) socket.destroy();
  });

  it("accepts many uploads at once", async () => {
    const pictures = await Promise.all(Array.from({ length: 30 }, () => noise(200, 100).jpeg().toBuffer()));
    const images = await Promise.all(pictures.map((bytes) => upload(bytes)));
    expect(new Set(images.map(({ id }) => id)).size).toBe(30);
  });

  it("returns the same image for the same bytes, even if they are uploaded at once", async () => {
    const bytes = await noise(200, 100).jpeg().toBuffer();
    const before = await server.storage.images.count();
    const images = [...(await Promise.all(Array.from({ length: 8 }, () => upload(bytes)))), await upload(bytes)];
    expect(new Set(images.map(({ id, createdAt }) => `${id} ${createdAt}`)).size).toBe(1);
    expect(await server.storage.images.count()).toBe(before + 1);
    await server.storage.images.delete(images[0]!.id);
    expect((await upload(bytes)).id).not.toBe(images[0]!.id);
  });
});

describe("GET /images/:id and /frames/:sessionId/:step", () => {
  let image: UploadedImage;
  let framePath: string;
  let frameBytes: Buffer;
  beforeAll(async () => {
    image = await upload(await noise(60, 40).png().toBuffer());
    const session = aSession(image.id);
    await server.storage.sessions.insert(session);
    frameBytes = await noise(30, 20).jpeg().toBuffer();
    const digest = await server.storage.blobs.put(frameBytes);
    await server.storage.frames.insert(aFrame(session.id, 7, { digest, byteLength: frameBytes.byteLength }));
    framePath = `/frames/${session.id}/7`;
  });

  it("sends a frame's picture", async () => {
    const { status, headers, body } = await ask(server.port, framePath);
    expect(status).toBe(200);
    expect(headers["content-type"]).toBe("image/jpeg");
    expect(body.equals(frameBytes)).toBe(true);
  });

  it("lets clients cache pictures for ever, and responds 304 to a client that has the picture", async () => {
    for (const path of [image.url, framePath]) {
      const { headers } = await ask(server.port, path);
      expect(headers["cache-control"]).toBe("public, max-age=31536000, immutable");
      expect(headers["x-content-type-options"]).toBe("nosniff");
      expect(headers.etag).toMatch(/^"[0-9a-f]{64}"$/);
      const again = await ask(server.port, path, { headers: { "If-None-Match": headers.etag ?? "" } });
      expect([again.status, again.body.byteLength, again.headers.etag]).toEqual([304, 0, headers.etag]);
      const other = await ask(server.port, path, { headers: { "If-None-Match": '"something-else"' } });
      expect(other.status).toBe(200);
    }
  });

  it("responds to HEAD without a body", async () => {
    const { status, headers, body } = await ask(server.port, framePath, { method: "HEAD" });
    expect([status, headers["content-length"], body.byteLength]).toEqual([200, String(frameBytes.byteLength), 0]);
  });

  it("forbids caching the response for a picture whose bytes are gone", async () => {
    const session = framePath.split("/")[2] ?? "";
    await server.storage.frames.insert(aFrame(session, 9, { digest: "0".repeat(64) }));
    for (const method of ["GET", "HEAD"]) {
      const { status, headers } = await ask(server.port, `/frames/${session}/9`, { method });
      expect([status, headers["cache-control"], headers["content-type"]]).toEqual([410, "no-store", "application/json; charset=utf-8"]);
      expect(headers.etag).not.toContain("0".repeat(64));
    }
  });

  it("answers 503 for a file that cannot be read, and forbids caching that", async () => {
    const bytes = await noise(64, 48).jpeg().toBuffer();
    const image = await upload(bytes);
    const digest = (await server.storage.images.find(image.id))!.digest;
    const path = join(server.folder, "blobs", digest.slice(0, 2), digest.slice(2, 4), digest);
    await rm(path);
    // Not even root can read this as a file.
    await mkdir(path);
    const { status, headers, json } = await ask(server.port, image.url);
    const refusal = { code: "UNAVAILABLE", message: "The file of this picture cannot be read (EISDIR)." };
    expect([status, headers["cache-control"], json()]).toMatchObject([503, "no-store", refusal]);
    expect(server.faults).toEqual([]);
  });

  it.each([
    ["cut to half", (bytes: Buffer) => bytes.subarray(0, bytes.byteLength / 2)],
    ["cut to zero", () => Buffer.alloc(0)],
    ["altered", (bytes: Buffer) => Buffer.from(bytes).fill(7, 40, 60)],
  ])("responds 410 for a file that was %s, and serves it again after the same upload", async (_how, damage) => {
    const bytes = await noise(64, 48).jpeg().toBuffer();
    const image = await upload(bytes);
    const session = aSession(image.id);
    await server.storage.sessions.insert(session);
    const digest = (await server.storage.images.find(image.id))!.digest;
    await server.storage.frames.insert(aFrame(session.id, 0, { digest }));
    await writeFile(join(server.folder, "blobs", digest.slice(0, 2), digest.slice(2, 4), digest), damage(bytes));
    for (const path of [image.url, `/frames/${session.id}/0`, `/sessions/${session.id}/export.jpg`]) {
      const { status, headers, json } = await ask(server.port, path, { headers: { "If-None-Match": `"${digest}"` } });
      expect([status, headers["cache-control"], json()]).toMatchObject([410, "no-store", { code: "NOT_FOUND" }]);
    }
    await upload(bytes);
    expect((await ask(server.port, image.url)).body.equals(bytes)).toBe(true);
    expect(server.faults).toEqual([]);
  });

  it("reports a missing picture as JSON", async () => {
    const session = framePath.split("/")[2];
    const paths = [
      "/images/unknown",
      "/images/..%2f..%2fpackage.json",
      "/images/a%00b",
      "/images/%2e%2e%2f%2e%2e%2fdatabase%2fPG_VERSION",
      `/images/${"x".repeat(5000)}`,
      "/frames/unknown/0",
      "/frames/a%00b/1",
      `/frames/${session}/8`,
      ...["-1", "1.5", "1e0", "seven", "99999999999999", "7%00"].map((step) => `/frames/${session}/${step}`),
    ];
    for (const path of paths) {
      const answer = await ask(server.port, path);
      expect([path, answer.status]).toEqual([path, 404]);
      expect(answer.json()).toMatchObject({ code: "NOT_FOUND", message: expect.any(String), field: expect.any(String), limit: null });
    }
    expect(server.faults).toEqual([]);
  });

  it("refuses a path that cannot be decoded", async () => {
    const answer = await ask(server.port, "/images/%E0%A4%A");
    expect([answer.status, answer.json()]).toEqual([400, expect.objectContaining({ code: "BAD_INPUT" })]);
  });
});
