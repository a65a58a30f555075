import { mkdir, readdir, rm, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import sharp from "sharp";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openEmbeddedBus } from "../../server/bus/embedded.js";
import { StorageUnavailable } from "../../server/errors.js";
import { exportLimits } from "../../server/exports/export.js";
import { Exporter } from "../../server/exports/exporter.js";
import { findFfmpeg } from "../../server/exports/video.js";
import { LOCAL_OWNER } from "../../server/records/access.js";
import { type ExportRecord, filmTypes } from "../../server/records/film.js";
import { openEmbeddedStorage } from "../../server/storage/embedded/open.js";
import type { Storage } from "../../server/storage/storage.js";
import { aFrame, anImage, aSession } from "../contracts/records.js";
import { newDataFolder } from "../helpers/data-folder.js";
import { LossyBus } from "../helpers/lossy-bus.js";
import { noteSkipped } from "../helpers/skipped.js";

const ffmpeg = await findFfmpeg();
if (ffmpeg === null) noteSkipped("There is no ffmpeg on the PATH, which films as MP4 and WebM need.");

let folder: string;
let storage: Storage;
const bus = new LossyBus(
  openEmbeddedBus((error) => {
    throw error;
  }),
);
const faults: unknown[] = [];
let exporter: Exporter;

beforeAll(async () => {
  folder = await newDataFolder();
  storage = await openEmbeddedStorage(folder);
  exporter = await open();
});

afterAll(async () => {
  await exporter.close();
  await storage.close();
  await rm(folder, { recursive: true, force: true });
  expect(faults).toEqual([]);
});

function open(options: { ffmpeg?: string | null } = {}): Promise<Exporter> {
  return Exporter.open({ storage, bus, folder: join(folder, "exports", "drafts"), report: (error) => faults.push(error), ...options });
}

test("a film that does not fit on the disk is refused or fails with a clear reason", async () => {
  const sessionId = await painting(3);
  const { space } = storage;
  const full = { ...space, storing: () => Promise.reject(new StorageUnavailable("The disk is full.")) };
  (storage as { space: typeof space }).space = full;
  await expect(exporter.start({ sessionId, format: "WEBP" })).rejects.toMatchObject({ code: "UNAVAILABLE" });
  (storage as { space: typeof space }).space = space;
  const started = await exporter.start({ sessionId, format: "WEBP" });
  (storage as { space: typeof space }).space = full;
  const failed = await ended(started);
  (storage as { space: typeof space }).space = space;
  expect(failed).toMatchObject({ state: "FAILED", error: { code: "UNAVAILABLE", message: "The disk is full." } });
});

const videos = ffmpeg === null ? [] : (["MP4"] as const);

/** Paths of the files of a painting's pictures. */
async function pictureFiles(sessionId: string): Promise<string[]> {
  const { rows } = await storage.frames.list(sessionId, { first: 10, after: null }, {});
  return rows.map(({ digest }) => join(folder, "blobs", digest.slice(0, 2), digest.slice(2, 4), digest));
}

/** Puts something in place of a file that cannot be read, even by root. */
async function makeUnreadable(path: string): Promise<void> {
  await rm(path);
  await mkdir(path);
}

test.each(["WEBP", ...videos] as const)("a film as %s skips pictures that are missing, damaged or unreadable", async (format) => {
  const sessionId = await painting(7, [80, 64]);
  const files = await pictureFiles(sessionId);
  await rm(files[0]!);
  await truncate(files[4]!, 100);
  await makeUnreadable(files[6]!);
  const film = await ended(await exporter.start({ sessionId, format }));
  expect(film).toMatchObject({ state: "COMPLETED", error: null });
  if (format === "WEBP") {
    const { pages, delay } = await sharp(fileOf(film), { animated: true }).metadata();
    expect([pages, delay?.at(-1)]).toEqual([5, 1500]);
  }
  const lines = faults.splice(0).map(String);
  expect(lines).toEqual(["Error: A film leaves out 3 of 8 pictures, which are missing, damaged or unreadable."]);
  await rm(files[6]!, { recursive: true });
});

test.each(["WEBP", ...videos] as const)("a film as %s fails clearly, and does not hang, when no picture can be read", async (format) => {
  const sessionId = await painting(4, [80, 68]);
  const files = await pictureFiles(sessionId);
  for (const [index, path] of files.entries()) await (index % 2 === 0 ? rm(path) : makeUnreadable(path));
  const film = await ended(await exporter.start({ sessionId, format }));
  const error = { code: "NOT_FOUND", message: "None of the pictures of this film can be read." };
  expect(film).toMatchObject({ state: "FAILED", error });
  // The next film is made as usual.
  expect((await ended(await exporter.start({ sessionId: await painting(2), format }))).state).toBe("COMPLETED");
  expect((await readdir(join(folder, "exports"))).filter((name) => name.startsWith(film.id))).toEqual([]);
  for (const path of files) await rm(path, { recursive: true, force: true });
});

/** A painting of `last` + 1 frames that get brighter with every step. The first half has half the size. */
async function painting(last: number, [width, height]: [number, number] = [80, 60], steps = 1): Promise<string> {
  const image = anImage();
  await storage.images.insert(image);
  const session = aSession(image.id, { status: "COMPLETED" });
  await storage.sessions.insert(session);
  for (let step = 0; step <= last; step += steps) {
    const grey = Math.round((250 * step) / last);
    const half = step < last / 2 ? 2 : 1;
    const size = { width: width / half, height: height / half };
    const picture = await sharp({ create: { ...size, channels: 3, background: { r: grey, g: grey, b: grey } } })
      .jpeg({ quality: 95 })
      .toBuffer();
    await storage.frames.insert(
      aFrame(session.id, step, { ...size, digest: await storage.blobs.put(picture), byteLength: picture.byteLength }),
    );
  }
  return session.id;
}

/** Path of a finished film. */
function fileOf({ id, settings }: ExportRecord): string {
  return join(folder, "exports", `${id}.${filmTypes[settings.format].extension}`);
}

/** The last state of an export. */
async function ended({ id }: ExportRecord): Promise<ExportRecord> {
  let last: ExportRecord | undefined;
  for await (const record of await exporter.follow(id)) last = record;
  if (!last) throw new Error("The export showed no state.");
  return last;
}

/** The mean brightness of each picture of an animation. */
async function brightness(path: string): Promise<number[]> {
  const { pages = 1 } = await sharp(path, { animated: true }).metadata();
  return Promise.all(Array.from({ length: pages }, async (_, page) => Math.round((await sharp(path, { page }).stats()).channels[0]!.mean)));
}

describe("a time-lapse", () => {
  test.each(["WEBP", "GIF"] as const)(
    "as animated %s has every picture at the size of the last one, which it shows longest",
    async (format) => {
      const record = await ended(await exporter.start({ sessionId: await painting(10), format, size: 80, framesPerSecond: 10 }));
      expect(record).toMatchObject({ state: "COMPLETED", progress: 1, error: null });
      const path = fileOf(record);
      const { pages, width, pageHeight, delay } = await sharp(path, { animated: true }).metadata();
      expect({ pages, width, pageHeight }).toEqual({ pages: 11, width: 80, pageHeight: 60 });
      expect(delay).toEqual([...Array.from({ length: 10 }, () => 100), 1500]);
      const shown = await brightness(path);
      expect(shown).toEqual([...shown].sort((a, b) => a - b));
      expect(shown.at(-1)).toBeGreaterThan(240);
    },
  );

  test("has a limited number of pictures, evenly spread, with the first and the last", async () => {
    const sessionId = await painting(40);
    const record = await ended(await exporter.start({ sessionId, format: "WEBP", size: 64, maxFrames: 5, fromStep: 0, toStep: 40 }));
    const shown = await brightness(fileOf(record));
    expect(shown).toHaveLength(5);
    for (const [index, value] of shown.entries()) expect(Math.abs(value - 62.5 * index)).toBeLessThan(4);
  });

  test("shows the newest picture of each of two sessions at every step", async () => {
    const [sessionId, besideId] = [await painting(8), await painting(8, [60, 60], 4)];
    const record = await ended(await exporter.start({ sessionId, besideId, format: "WEBP", size: 60 }));
    const path = fileOf(record);
    const { pages, width, pageHeight } = await sharp(path, { animated: true }).metadata();
    expect({ pages, width, pageHeight }).toEqual({ pages: 9, width: 60 + 46, pageHeight: 46 });
  });

  test.skipIf(ffmpeg === null).each(["MP4", "WEBM"] as const)("as %s is a film that ffmpeg can read", async (format) => {
    const record = await ended(await exporter.start({ sessionId: await painting(12), format, size: 80, framesPerSecond: 10 }));
    expect(record).toMatchObject({ state: "COMPLETED", error: null });
    expect(record.bytes).toBeGreaterThan(500);
  });
});

/** A program that lists these encoders as ffmpeg does, and cannot encode. */
async function fakeFfmpeg(...encoders: string[]): Promise<string> {
  const path = join(folder, `ffmpeg-${encoders.join("-")}`);
  const list = encoders.map((name) => ` V....D ${name}           a codec`).join("\\n");
  const script = `#!/bin/sh\ncase "$*" in *-encoders*) printf ' V..... = Video\\n ------\\n${list}\\n';; *) cat >/dev/null; echo "no room on /srv/x" >&2; exit 1;; esac\n`;
  await writeFile(path, script, { mode: 0o755 });
  return path;
}

describe.skipIf(process.platform === "win32")("videos", () => {
  test("are offered only if ffmpeg has their encoder", async () => {
    const partial = await open({ ffmpeg: await fakeFfmpeg("libvpx-vp9") });
    expect(partial.formats).toEqual(["WEBP", "GIF", "WEBM"]);
    const sessionId = await painting(3);
    await expect(partial.start({ sessionId, format: "MP4" })).rejects.toMatchObject({
      code: "UNAVAILABLE",
      detail: { field: "input.format", limit: "WEBP, GIF, WEBM" },
    });
    await partial.close();
    const none = await open({ ffmpeg: "/no/such/ffmpeg" });
    expect(none.formats).toEqual(["WEBP", "GIF"]);
    expect(faults.splice(0)).toHaveLength(1);
    await none.close();
  });

  test("are refused with ffmpeg's reason where it cannot be run", async () => {
    const path = join(folder, "broken-ffmpeg");
    await writeFile(path, "#!/bin/sh\necho 'ffmpeg: error while loading /usr/lib/libx264.so.163' >&2\nexit 127\n", { mode: 0o755 });
    const broken = await open({ ffmpeg: path });
    await expect(broken.start({ sessionId: await painting(3), format: "WEBM" })).rejects.toMatchObject({
      code: "UNAVAILABLE",
      message: "WEBM needs ffmpeg, and the server's cannot be run (ffmpeg: error while loading …).",
      detail: { field: "input.format", limit: "WEBP, GIF", allowed: ["WEBP", "GIF"] },
    });
    expect(String(faults.splice(0))).toContain("libx264.so.163");
    await broken.close();
  });

  test("that fail report ffmpeg's reason without a path, and the log has the full reason", async () => {
    const failing = await open({ ffmpeg: await fakeFfmpeg("libx264", "libvpx-vp9") });
    const { id } = await failing.start({ sessionId: await painting(3), format: "MP4", size: 64 });
    let last: ExportRecord | undefined;
    for await (const record of await failing.follow(id)) last = record;
    expect(last).toMatchObject({
      state: "FAILED",
      error: { code: "UNAVAILABLE", message: "The film could not be encoded: no room on …" },
    });
    expect(String(faults.splice(0))).toContain("/srv/x");
    await failing.close();
  });
});

describe("an export", () => {
  test("reports its progress, and can be cancelled while it is made", async () => {
    const sessionId = await painting(60, [400, 300]);
    const record = await exporter.start({ sessionId, format: "WEBP", size: 400 });
    const waiting = await exporter.start({ sessionId, format: "GIF", size: 64 });
    for await (const { progress } of await exporter.follow(record.id)) if (progress > 0) break;
    expect((await exporter.cancel(record.id)).state).toBe("CANCELLED");
    expect((await exporter.cancel(waiting.id)).state).toBe("CANCELLED");
    await expect(exporter.finished(record.id)).rejects.toMatchObject({ code: "NOT_FOUND" });
    await expect(exporter.cancel(record.id)).rejects.toMatchObject({ code: "CONFLICT" });
    await expect(exporter.cancel("unknown")).rejects.toMatchObject({ code: "NOT_FOUND" });
    // The next export is not affected.
    expect((await ended(await exporter.start({ sessionId, format: "WEBP", size: 64, maxFrames: 3 }))).state).toBe("COMPLETED");
    const left = (await readdir(join(folder, "exports"))).filter((name) => name.startsWith(record.id));
    expect(left).toEqual([]);
  });

  test("can be followed from its current state to its last one", async () => {
    const record = await exporter.start({ sessionId: await painting(3), format: "WEBP", size: 64 });
    const states: string[] = [];
    for await (const { state } of await exporter.follow(record.id)) if (state !== states.at(-1)) states.push(state);
    expect(states.slice(-2)).toEqual(["RUNNING", "COMPLETED"]);
    const later = await exporter.follow(record.id);
    expect((await later.next()).value).toMatchObject({ state: "COMPLETED", progress: 1 });
    expect((await later.next()).done).toBe(true);
    await expect(exporter.follow("unknown")).rejects.toMatchObject({ code: "NOT_FOUND", detail: { field: "id" } });
  });

  test("lets a follower leave while nothing changes", async () => {
    const sessionId = await painting(60, [400, 300]);
    const running = await exporter.start({ sessionId, format: "WEBP", size: 400 });
    const waiting = await exporter.start({ sessionId, format: "WEBP", size: 64 });
    const follower = await exporter.follow(waiting.id);
    expect((await follower.next()).value).toMatchObject({ state: "QUEUED" });
    const next = follower.next();
    await follower.return();
    expect((await next).done).toBe(true);
    for (const { id } of [waiting, running]) await exporter.cancel(id);
  });

  test("is deleted with its session", async () => {
    const sessionId = await painting(3);
    const record = await ended(await exporter.start({ sessionId, format: "WEBP", size: 64 }));
    await bus.publish("sessions", { type: "deleted", sessionId, ownerId: LOCAL_OWNER, visibility: "PRIVATE", approval: null });
    await expect.poll(() => exporter.find(record.id)).toBeNull();
    await expect.poll(() => readdir(join(folder, "exports"))).not.toContain(`${record.id}.webp`);
  });

  test("is followed, cancelled and found through another server of the same storage", async () => {
    const other = await open();
    const sessionId = await painting(60, [400, 300]);
    const running = await exporter.start({ sessionId, format: "WEBP", size: 400 });
    for await (const { progress } of await other.follow(running.id)) if (progress > 0) break;
    const follower = await exporter.follow(running.id);
    expect(await other.cancel(running.id)).toMatchObject({ id: running.id, state: "CANCELLED" });
    let last: ExportRecord | undefined;
    for await (const record of follower) last = record;
    expect(last?.state).toBe("CANCELLED");
    const made = await exporter.start({ sessionId, format: "WEBP", size: 64, maxFrames: 3 });
    for await (const record of await other.follow(made.id)) last = record;
    expect(last).toMatchObject({ id: made.id, state: "COMPLETED" });
    expect((await other.finished(made.id)).bytes).toBe(last?.bytes);
    await other.close();
  });

  test("ends although the message that it was cancelled was lost", async () => {
    const other = await open();
    const sessionId = await painting(60, [400, 300]);
    const running = await exporter.start({ sessionId, format: "WEBP", size: 400 });
    const follower = await exporter.follow(running.id);
    bus.lose("export:");
    await other.cancel(running.id);
    bus.recover();
    const states: string[] = [];
    for await (const { state } of follower) states.push(state);
    expect(states.at(-1)).toBe("CANCELLED");
    await expect.poll(() => readdir(join(folder, "exports", "drafts")), { timeout: 10_000 }).toEqual([]);
    await other.close();
  });

  test("fails with a reason when its server is stopped", async () => {
    const stopped = await open();
    const sessionId = await painting(60, [400, 300]);
    const films = [await stopped.start({ sessionId, format: "WEBP", size: 400 }), await stopped.start({ sessionId, format: "GIF" })];
    const follower = await exporter.follow(films[0]!.id);
    await stopped.close();
    for await (const record of follower) films[0] = record;
    const error = { code: "UNAVAILABLE", message: "The server that made this film was stopped. Start the export again." };
    expect(films[0]).toMatchObject({ state: "FAILED", error });
    expect(await exporter.find(films[1]!.id)).toMatchObject({ state: "FAILED", error });
  });

  test("is deleted with its session although the news was lost", async () => {
    const sessionId = await painting(3);
    const record = await ended(await exporter.start({ sessionId, format: "WEBP", size: 64 }));
    await storage.sessions.delete(sessionId);
    bus.recover();
    await expect.poll(() => exporter.find(record.id)).toBeNull();
  });

  test("is refused at once if it cannot be made", async () => {
    const sessionId = await painting(3);
    const image = anImage();
    await storage.images.insert(image);
    const empty = aSession(image.id);
    await storage.sessions.insert(empty);
    const order = { sessionId, format: "WEBP" } as const;
    for (const [input, refusal] of [
      [
        { ...order, sessionId: "unknown" },
        { code: "NOT_FOUND", detail: { field: "input.sessionId" } },
      ],
      [
        { ...order, besideId: "unknown" },
        { code: "NOT_FOUND", detail: { field: "input.besideId" } },
      ],
      [
        { ...order, sessionId: empty.id },
        { code: "NOT_FOUND", detail: { field: "input.fromStep" } },
      ],
      [
        { ...order, fromStep: 9 },
        { code: "NOT_FOUND", detail: { field: "input.fromStep" } },
      ],
      [
        { ...order, fromStep: -1 },
        { code: "BAD_INPUT", detail: { field: "input.fromStep", limit: 0 } },
      ],
      [
        { ...order, fromStep: 2, toStep: 1 },
        { code: "BAD_INPUT", detail: { field: "input.toStep", limit: 2 } },
      ],
      [
        { ...order, framesPerSecond: 61 },
        { code: "BAD_INPUT", detail: { field: "input.framesPerSecond", limit: "1..60" } },
      ],
      [
        { ...order, size: 4000 },
        { code: "BAD_INPUT", detail: { field: "input.size" } },
      ],
      [
        { ...order, maxFrames: 1 },
        { code: "BAD_INPUT", detail: { field: "input.maxFrames" } },
      ],
    ] as const) {
      await expect(exporter.start(input)).rejects.toMatchObject(refusal);
    }
    const many = await painting(30);
    await expect(exporter.start({ sessionId: many, format: "GIF", size: 2048 })).rejects.toMatchObject({ code: "LIMIT" });
    expect(exportLimits.animatedPixels / (2048 * 1536)).toBeLessThan(31);
  });

  test("needs ffmpeg for a video", async () => {
    const poor = await open({ ffmpeg: null });
    expect(poor.formats).toEqual(["WEBP", "GIF"]);
    const sessionId = await painting(3);
    await expect(poor.start({ sessionId, format: "MP4" })).rejects.toMatchObject({
      code: "UNAVAILABLE",
      detail: { field: "input.format" },
    });
    await poor.close();
    expect(await findFfmpeg(folder)).toBeNull();
  });
});
