import { access } from "node:fs/promises";
import sharp from "sharp";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { localPrincipal } from "../../server/access/principal.js";
import { unavailable } from "../../server/errors.js";
import { createThumbnails, requestedWidth, type ShrinkPicture } from "../../server/http/thumbnails.js";
import { Allowances } from "../../server/limits/allowances.js";
import { limitValues } from "../../server/limits/table.js";
import type { ImageRecord } from "../../server/records/pictures.js";
import type { ThumbnailStore } from "../../server/storage/storage.js";
import { aFrame, anImage, aSession } from "../contracts/records.js";
import { ask, type RunningServer, startHttp } from "./server.js";

let server: RunningServer;
beforeAll(async () => {
  server = await startHttp();
});
afterAll(() => server.close());

const picture = (width: number, height: number) => sharp({ create: { width, height, channels: 3, background: "#c84" } });

async function upload(bytes: Uint8Array): Promise<{ id: string; url: string }> {
  const answer = await ask(server.port, "/images", { method: "POST", body: [bytes] });
  expect(answer.status, answer.body.toString()).toBe(201);
  return answer.json() as { id: string; url: string };
}

async function thumbnail(path: string) {
  const answer = await ask(server.port, path);
  expect(answer.status, answer.body.toString()).toBe(200);
  expect(answer.headers["content-type"]).toBe("image/webp");
  const { width, height, format, exif, icc, xmp } = await sharp(answer.body).metadata();
  return { ...answer, width, height, format, metadata: [exif, icc, xmp] };
}

describe("GET /images/:id?w=", () => {
  it.each([
    ["TIFF", () => picture(600, 300).tiff()],
    ["JPEG", () => picture(600, 300).jpeg()],
    ["PNG with alpha", () => picture(600, 300).ensureAlpha(0.5).png()],
    ["16-bit PNG", () => picture(600, 300).toColourspace("rgb16").png()],
    ["GIF", () => picture(600, 300).gif()],
    ["AVIF", () => picture(600, 300).avif({ effort: 0 })],
  ])("sends a WebP of a %s, and the original without w", async (_name, encode) => {
    const bytes = await encode().toBuffer();
    const { url } = await upload(bytes);
    expect(await thumbnail(`${url}?w=128`)).toMatchObject({ format: "webp", width: 128, height: 64 });
    expect((await ask(server.port, url)).body.equals(bytes)).toBe(true);
  });

  it("is upright and has no metadata, whatever the original has", async () => {
    const bytes = await picture(300, 200)
      .jpeg()
      .withExif({ IFD0: { Copyright: "A painter" }, IFD3: { GPSLatitude: "51/1 30/1 0/1" } })
      .withMetadata({ orientation: 6 })
      .toBuffer();
    expect((await sharp(bytes).metadata()).exif).toBeDefined();
    const { url } = await upload(bytes);
    for (const width of [64, 2048]) {
      const { width: wide, height, metadata } = await thumbnail(`${url}?w=${width}`);
      expect([wide, height]).toEqual(width === 64 ? [64, 96] : [200, 300]);
      expect(metadata).toEqual([undefined, undefined, undefined]);
    }
  });

  it("has the smallest sufficient width, and is never larger than the original", async () => {
    const { url } = await upload(await picture(700, 70).png().toBuffer());
    for (const [asked, width] of [
      [1, 64],
      [64, 64],
      [65, 128],
      [300, 512],
      [1024, 700],
      [2048, 700],
    ]) {
      expect((await thumbnail(`${url}?w=${asked}`)).width).toBe(width);
    }
  });

  it("is a valid picture for every shape", async () => {
    const tall = await upload(await picture(40, 18_000).png().toBuffer());
    expect(await thumbnail(`${tall.url}?w=64`)).toMatchObject({ width: 36, height: 16_383 });
    const wide = await upload(await picture(18_000, 40).png().toBuffer());
    expect(await thumbnail(`${wide.url}?w=64`)).toMatchObject({ width: 64, height: 1 });
  });

  it.each(["0", "-1", "2049", "1.5", "1e2", "", "wide", "99999999999", "64&w=128"])("refuses w=%s", async (w) => {
    const { url } = await upload(await picture(70, 70).png().toBuffer());
    const answer = await ask(server.port, `${url}?w=${w}`);
    expect([answer.status, answer.json()]).toEqual([
      400,
      { code: "BAD_INPUT", message: expect.stringContaining("1 to 2048"), field: "w", limit: "1..2048", min: 1, max: 2048, unit: "px" },
    ]);
    expect(answer.headers["cache-control"]).toBe("no-store");
  });

  it("can be cached for ever, and is deleted with its image", async () => {
    const { id, url } = await upload(await picture(170, 71).png().toBuffer());
    const { headers } = await thumbnail(`${url}?w=64`);
    expect(headers["cache-control"]).toBe("public, max-age=31536000, immutable");
    const other = (await thumbnail(`${url}?w=128`)).headers.etag;
    expect(headers.etag).not.toBe(other);
    const again = await ask(server.port, `${url}?w=64`, { headers: { "If-None-Match": headers.etag ?? "" } });
    expect([again.status, again.body.byteLength]).toEqual([304, 0]);
    expect((await ask(server.port, `${url}?w=64`, { method: "HEAD" })).body.byteLength).toBe(0);
    await server.storage.images.delete(id);
    expect((await ask(server.port, `${url}?w=64`)).status).toBe(404);
  });
});

describe("GET /frames/:sessionId/:step?w=", () => {
  it("sends a WebP of the frame", async () => {
    const image = await server.storage.images.insert(anImage());
    const session = aSession(image.id);
    await server.storage.sessions.insert(session);
    const bytes = await picture(300, 200).jpeg().toBuffer();
    const digest = await server.storage.blobs.put(bytes);
    await server.storage.frames.insert(aFrame(session.id, 3, { digest, width: 300, height: 200, byteLength: bytes.byteLength }));
    expect(await thumbnail(`/frames/${session.id}/3?w=100`)).toMatchObject({ width: 128, height: 85 });
    expect(await server.storage.thumbnails.get(digest, 128)).not.toBeNull();
    expect((await ask(server.port, `/frames/${session.id}/4?w=100`)).status).toBe(404);
  });

  it("sends a thumbnail of a live frame without storing it", async () => {
    const bytes = await picture(300, 200).jpeg().toBuffer();
    const frame = aFrame("live", 5, { digest: "a".repeat(64), width: 300, height: 200 });
    await server.storage.recentFrames.put(frame, bytes);
    expect(await thumbnail("/frames/live/5?w=64")).toMatchObject({ width: 64 });
    expect(await server.storage.thumbnails.get(frame.digest, 64)).toBeNull();
  });
});

describe("thumbnails", () => {
  const wanted: ImageRecord = anImage({ width: 64, height: 64 });
  const allowances = new Allowances(limitValues());
  const sender = { party: localPrincipal, address: null };
  const grey: ShrinkPicture = async () => new Uint8Array(12);
  const load = async () => new Uint8Array();
  const empty: ThumbnailStore = { get: async () => null, put: async () => undefined };

  it("are made once for simultaneous requests, and at most two at a time", async () => {
    let [running, most, made] = [0, 0, 0];
    const thumbnails = createThumbnails(
      empty,
      async (bytes, size) => {
        made++;
        most = Math.max(most, ++running);
        await access(".");
        running--;
        return grey(bytes, size);
      },
      allowances,
    );
    const pictures = Array.from({ length: 6 }, () => anImage({ width: 64, height: 64 }));
    await Promise.all([...pictures, ...pictures].map((one) => thumbnails.get(sender, one, 64, load)));
    expect([made, most]).toEqual([6, 2]);
  });

  it("are sent without being stored when the disk is full, and are retried after a failure", async () => {
    const full = createThumbnails({ ...empty, put: () => Promise.reject(unavailable("The server's disk is full.")) }, grey, allowances);
    expect((await full.get(sender, wanted, 64, load)).byteLength).toBeGreaterThan(0);
    let failed = false;
    const thumbnails = createThumbnails(
      empty,
      async (bytes, size) => {
        if (failed) return grey(bytes, size);
        failed = true;
        throw unavailable("Not now.");
      },
      allowances,
    );
    await expect(thumbnails.get(sender, wanted, 64, load)).rejects.toMatchObject({ code: "UNAVAILABLE" });
    expect((await thumbnails.get(sender, wanted, 64, load)).byteLength).toBeGreaterThan(0);
  });

  it("are made for others where who asked first has too many that wait, also at other servers", async () => {
    const [ann, ben] = ["ann", "ben"].map((ownerId) => ({ party: { role: "ARTIST", ownerId }, address: null }));
    const tell = async (key: string) => {
      await access(".");
      return key.includes("ann") ? 60 : 0;
    };
    const counted = new Allowances(limitValues(), undefined, { tell, close: async () => undefined });
    let finish: () => void = () => undefined;
    const finished = new Promise<void>((resolve) => {
      finish = resolve;
    });
    const thumbnails = createThumbnails(
      empty,
      async (bytes, size) => {
        await finished;
        return grey(bytes, size);
      },
      counted,
    );
    const running = Array.from({ length: 2 }, () => thumbnails.get(sender, anImage({ width: 64, height: 64 }), 64, load));
    const [first, second] = [thumbnails.get(ann!, wanted, 64, load), thumbnails.get(ben!, wanted, 64, load)];
    await expect(first).rejects.toMatchObject({ code: "LIMIT", detail: { limitName: "waitingPictures" } });
    finish();
    expect((await second).byteLength).toBeGreaterThan(0);
    await Promise.all(running);
  });

  it("have no width if none is requested", () => {
    expect(requestedWidth(undefined)).toBeNull();
  });
});
