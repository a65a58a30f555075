import { createHash } from "node:crypto";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import sharp from "sharp";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import type { Bus } from "../../server/bus/bus.js";
import { LOCAL_OWNER } from "../../server/records/access.js";
import type { SessionRecord } from "../../server/records/session.js";
import { outputsOf } from "../../server/sessions/watch/output-viewer.js";
import { aFrame, anImage, aSession, aTranslation } from "../contracts/records.js";
import { DELIMITER, openParts as openPartsAt, openStream as openStreamAt } from "../helpers/mjpeg.js";
import { randomTensor } from "../helpers/random.js";
import { ask, type RunningServer, startHttp } from "./server.js";

let server: RunningServer;
beforeAll(async () => {
  server = await startHttp();
});
afterEach(() => expect(server.faults).toEqual([]));
afterAll(() => server.close());

const picture = (background: string, format: "png" | "jpeg" = "jpeg") =>
  sharp({ create: { width: 16, height: 16, channels: 3, background } })
    .toFormat(format)
    .toBuffer();

async function runningSession(session: (imageId: string) => SessionRecord): Promise<SessionRecord> {
  const image = anImage();
  await server.storage.images.insert(image);
  const record = session(image.id);
  await server.storage.sessions.insert(record);
  return record;
}

const live = () => runningSession(() => aTranslation(null, { status: "RUNNING" }));

/** A frame as a host delivers it to the viewers of a live translation. */
async function show(sessionId: string, step: number, bytes: Uint8Array): Promise<void> {
  const frame = aFrame(sessionId, step, { losses: null, byteLength: bytes.byteLength });
  await server.storage.recentFrames.put(frame, bytes);
  await server.bus.publish(`session:${sessionId}`, { type: "frame", frame, picture: bytes });
}

async function end(session: SessionRecord): Promise<void> {
  const ended = { ...session, status: "COMPLETED", finishedAt: new Date() } as SessionRecord;
  await server.bus.publish(`session:${session.id}`, { type: "changed", session: ended });
}

const streamOf = ({ id }: SessionRecord, query = "") => `/sessions/${id}/stream.mjpeg${query}`;

/** What Chromium sends for a picture in a page. */
const browser = { Accept: "image/avif,image/webp,image/apng,image/svg+xml,image/*,*/*;q=0.8" };

const openStream = (path: string, headers: Record<string, string> = {}) => openStreamAt(`http://127.0.0.1:${server.port}${path}`, headers);
const openParts = (path: string) => openPartsAt(`http://127.0.0.1:${server.port}${path}`);

test("shows the latest frame at once, then every newer one, and ends with the session", async () => {
  const session = await live();
  const [first, second] = [await picture("red"), await picture("blue")];
  await show(session.id, 4, first);
  const stream = await openParts(streamOf(session));
  expect(stream.response.headers).toMatchObject({
    "content-type": "multipart/x-mixed-replace; boundary=atelier-frame",
    "cache-control": "no-store",
    "x-accel-buffering": "no",
  });
  expect((await stream.part())?.equals(first)).toBe(true);
  await show(session.id, 5, second);
  expect((await stream.part())?.equals(second)).toBe(true);
  await end(session);
  expect(await stream.part()).toBeNull();
  expect(server.broker.viewersOf(session.id)).toBe(0);
});

test("sends the header of the next part with each picture, because Chromium shows a picture only then", async () => {
  const session = await live();
  const first = await picture("red");
  await show(session.id, 0, first);
  const header = `${DELIMITER}\r\nContent-Type: image/jpeg\r\n\r\n`;
  for (const headers of [browser, { Accept: "text/html,*/*;q=0.8" }]) {
    const stream = await openStream(streamOf(session), headers);
    expect(await stream.upTo(header)).toHaveLength(0);
    expect((await stream.upTo(`\r\n${header}`)).equals(first)).toBe(true);
    stream.close();
  }
  const last = await openStream(streamOf(session), browser);
  await last.upTo(`\r\n${header}`);
  await end(session);
  expect(await last.upTo(`\r\n${DELIMITER}--\r\n`)).toHaveLength(0);
});

test("gives lengths to a program that accepts pictures of some types", async () => {
  const session = await live();
  const first = await picture("red");
  await show(session.id, 0, first);
  for (const Accept of ["image/jpeg", "multipart/x-mixed-replace, image/jpeg"]) {
    const stream = await openStream(streamOf(session), { Accept });
    expect(await stream.upTo(DELIMITER)).toHaveLength(0);
    expect((await stream.part())?.equals(first)).toBe(true);
    stream.close();
  }
  await end(session);
});

test("shows a painting's last frame, a PNG, as JPEG", async () => {
  const session = await runningSession((imageId) => aSession(imageId, { status: "COMPLETED" }));
  const png = await picture("green", "png");
  const digest = await server.storage.blobs.put(png);
  await server.storage.frames.insert(aFrame(session.id, 0, { mimeType: "image/png", byteLength: png.byteLength, digest }));
  const stream = await openParts(streamOf(session));
  const shown = await stream.part();
  expect((await sharp(shown ?? undefined).metadata()).format).toBe("jpeg");
  expect(await stream.part()).toBeNull();
});

test.each(["damaged", "unreadable"])("leaves out a frame whose file is %s, and goes on", async (how) => {
  const session = await runningSession((imageId) => aSession(imageId, { status: "RUNNING", step: 0 }));
  const digest = createHash("sha256").update(how).digest("hex");
  const file = join(server.folder, "blobs", digest.slice(0, 2), digest.slice(2, 4), digest);
  await server.storage.frames.insert(aFrame(session.id, 0, { digest }));
  // A folder in place of the file cannot be read by anyone.
  if (how === "unreadable") await mkdir(file, { recursive: true });
  const stream = await openParts(streamOf(session));
  const next = await picture("blue");
  await show(session.id, 1, next);
  expect((await stream.part())?.equals(next)).toBe(true);
  await end(session);
  expect(await stream.part()).toBeNull();
});

test("notices a viewer that leaves between frames", async () => {
  const session = await live();
  const stream = await openParts(streamOf(session));
  expect(server.broker.viewersOf(session.id)).toBe(1);
  stream.close();
  await expect.poll(() => server.broker.viewersOf(session.id)).toBe(0);
});

test("gives a slow reader the newest frame and keeps no queue", async () => {
  const session = await live();
  const stream = await openParts(streamOf(session, "?fps=0.01"));
  for (let step = 0; step < 40; step++) await show(session.id, step, await picture(step === 39 ? "blue" : "red"));
  await end(session);
  const shown: Buffer[] = [];
  for (let part = await stream.part(); part; part = await stream.part()) shown.push(part);
  expect(shown.length).toBeLessThanOrEqual(2);
  expect(shown.at(-1)?.equals(await picture("blue"))).toBe(true);
});

test("refuses unknown sessions and invalid rates", async () => {
  const { id } = await live();
  const unknown = await ask(server.port, "/sessions/00000000-0000-4000-8000-000000000000/stream.mjpeg");
  expect([unknown.status, unknown.json()]).toEqual([404, expect.objectContaining({ code: "NOT_FOUND" })]);
  for (const fps of ["0", "61", "fast", ""]) {
    const answer = await ask(server.port, `/sessions/${id}/stream.mjpeg?fps=${fps}`);
    expect([answer.status, answer.json()]).toEqual([
      400,
      expect.objectContaining({ code: "BAD_INPUT", field: "fps", limit: 60, max: 60, unit: "frames/s" }),
    ]);
  }
  expect(server.broker.viewersOf(id)).toBe(0);
});

test("responds to HEAD without waiting for frames", async () => {
  const { id } = await live();
  const answer = await ask(server.port, `/sessions/${id}/stream.mjpeg`, { method: "HEAD" });
  expect([answer.status, answer.body.length]).toEqual([200, 0]);
});

test("waits for the first frame of a queued session", async () => {
  const session = await runningSession(() => aTranslation(null));
  const stream = await openParts(streamOf(session));
  await server.bus.publish(`session:${session.id}`, { type: "changed", session: { ...session, status: "RUNNING", revision: 1 } });
  const first = await picture("red");
  await show(session.id, 0, first);
  expect((await stream.part())?.equals(first)).toBe(true);
  stream.close();
});

test("a viewer with a full socket takes no memory, misses frames, and then gets the newest", async () => {
  const session = await live();
  const stream = await openParts(streamOf(session));
  const noise = Buffer.from(randomTensor([3 * 600 * 600], 1).data.map((value) => 128 + 127 * value));
  const large = await sharp(noise, { raw: { width: 600, height: 600, channels: 3 } })
    .jpeg({ quality: 100 })
    .toBuffer();
  for (let step = 0; step < 100; step++) {
    await show(session.id, step, large);
    await new Promise((resolve) => setImmediate(resolve));
  }
  const last = await picture("blue");
  await show(session.id, 100, last);
  await end(session);
  const shown: Buffer[] = [];
  for (let part = await stream.part(); part; part = await stream.part()) shown.push(part);
  expect(shown.length).toBeLessThan(50);
  expect(shown.at(-1)?.equals(last)).toBe(true);
});

test("refuses foreign web pages and foreign host names", async () => {
  const { id } = await live();
  for (const headers of [{ Origin: "https://evil.example" }, { Host: "evil.example" }] as Record<string, string>[]) {
    const answer = await ask(server.port, `/sessions/${id}/stream.mjpeg`, { headers });
    expect([answer.status, answer.json()]).toEqual([403, expect.objectContaining({ code: "FORBIDDEN" })]);
  }
  expect(server.broker.viewersOf(id)).toBe(0);
});

/** A live translation that is shown by an output. */
async function liveOn(output: string, createdAt: Date, status: SessionRecord["status"] = "RUNNING"): Promise<SessionRecord> {
  const { settings } = aTranslation(null);
  const session = aTranslation(null, { status, createdAt, settings: { ...settings, output } });
  await server.storage.sessions.insert(session);
  await server.bus.publish("sessions", { type: "changed", session });
  return session;
}

test("a lasting output is dark at first, shows each new session with its name, and holds its picture in between", async () => {
  const [first, second, third] = [await picture("red"), await picture("lime"), await picture("blue")];
  const stream = await openParts("/live/out/stage.mjpeg");
  const dark = (await stream.part()) ?? Buffer.alloc(0);
  expect((await sharp(dark).stats()).channels.every(({ mean }) => mean < 40)).toBe(true);

  await liveOn("another", new Date());
  const one = await liveOn("stage", new Date(1000));
  await show(one.id, 0, first);
  expect((await stream.part())?.equals(first)).toBe(true);
  await end(one);
  // The stream goes on, and later sessions with their own sizes and steps appear in it.
  const two = await liveOn("stage", new Date(2000));
  await show(two.id, 0, second);
  expect((await stream.part())?.equals(second)).toBe(true);

  const late = await openParts("/live/out/stage.mjpeg");
  await late.part();
  expect((await late.part())?.equals(second)).toBe(true);
  // A session that has no picture yet leaves the one before it in sight.
  const three = await liveOn("stage", new Date(3000));
  const later = await openParts("/live/out/stage.mjpeg");
  await later.part();
  expect((await later.part())?.equals(second)).toBe(true);
  await show(three.id, 7, third);
  for (const each of [stream, late, later]) expect((await each.part())?.equals(third)).toBe(true);
  for (const each of [stream, late, later]) each.close();
});

test("a lasting output forgets the picture of a session that is deleted", async () => {
  const [first, second] = [await picture("red"), await picture("lime")];
  const one = await liveOn("wall", new Date(1000), "COMPLETED");
  await show(one.id, 0, first);
  const two = await liveOn("wall", new Date(2000), "COMPLETED");
  await show(two.id, 0, second);
  const stream = await openParts("/live/out/wall.mjpeg");
  await stream.part();
  expect((await stream.part())?.equals(second)).toBe(true);
  await server.storage.sessions.delete(two.id);
  await server.storage.recentFrames.clear(two.id);
  for (const topic of [`session:${two.id}`, "sessions"] as const)
    await server.bus.publish(topic, { type: "deleted", sessionId: two.id, ownerId: LOCAL_OWNER, visibility: "PRIVATE", approval: null });
  expect((await stream.part())?.equals(first)).toBe(true);
  await server.storage.sessions.delete(one.id);
  await server.storage.recentFrames.clear(one.id);
  for (const topic of [`session:${one.id}`, "sessions"] as const)
    await server.bus.publish(topic, { type: "deleted", sessionId: one.id, ownerId: LOCAL_OWNER, visibility: "PRIVATE", approval: null });
  const dark = (await stream.part()) ?? Buffer.alloc(0);
  expect((await sharp(dark).stats()).channels.every(({ mean }) => mean < 40)).toBe(true);
  const three = await liveOn("wall", new Date(3000));
  await show(three.id, 3, second);
  expect((await stream.part())?.equals(second)).toBe(true);
  stream.close();
});

test("a lasting output returns to a session that runs on while a later one came and went", async () => {
  const [first, second] = [await picture("red"), await picture("lime")];
  const one = await liveOn("tower", new Date(1000));
  await show(one.id, 0, first);
  const pictures = await outputsOf({ storage: server.storage, bus: server.bus, broker: server.broker })(
    { name: "tower", ownerId: LOCAL_OWNER },
    null,
  );
  const next = async () => (await pictures.next()).value?.frame?.record;
  expect(await next()).toMatchObject({ sessionId: one.id, step: 0 });
  // The viewer does not read in between.
  const two = await liveOn("tower", new Date(2000));
  await server.storage.sessions.delete(two.id);
  await server.bus.publish("sessions", { type: "deleted", sessionId: two.id, ownerId: LOCAL_OWNER, visibility: "PRIVATE", approval: null });
  expect(await next()).toMatchObject({ sessionId: one.id, step: 0 });
  const later = next();
  await show(one.id, 1, second);
  expect(await later).toMatchObject({ sessionId: one.id, step: 1 });
  await pictures.return?.();
  expect(server.broker.viewersOf(one.id)).toBe(0);
});

test("a lasting output ends, and leaves nothing behind, when its pictures cannot be read", async () => {
  let subscribed = 0;
  const bus: Bus = {
    ...server.bus,
    async subscribe(topic, listener) {
      const unsubscribe = await server.bus.subscribe(topic, listener);
      subscribed++;
      return async () => {
        subscribed--;
        await unsubscribe();
      };
    },
  };
  await liveOn("cellar", new Date());
  const broker = { watch: () => Promise.reject(new Error("no disk")) };
  const pictures = await outputsOf({ storage: server.storage, bus, broker })({ name: "cellar", ownerId: LOCAL_OWNER }, null);
  expect(subscribed).toBe(1);
  await expect(pictures.next()).rejects.toThrow("no disk");
  expect(subscribed).toBe(0);
  expect((await pictures.next()).done).toBe(true);
  await expect(outputsOf({ storage: server.storage, bus, broker })({ name: "cellar", ownerId: LOCAL_OWNER }, -1)).rejects.toThrow(
    "maxFramesPerSecond",
  );
});

test.each(["Stage", "-a", "a.b", "a".repeat(49), "%20"])("the name of an output is refused with its limit: %s", async (name) => {
  const answer = await ask(server.port, `/live/out/${name}.mjpeg`);
  expect([answer.status, answer.json()]).toEqual([400, expect.objectContaining({ code: "BAD_INPUT", field: "name", max: 48 })]);
});
