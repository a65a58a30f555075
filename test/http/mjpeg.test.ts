import { once } from "node:events";
import { type IncomingMessage, request } from "node:http";
import sharp from "sharp";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import type { SessionRecord } from "../../server/records/session.js";
import { aFrame, anImage, aSession, aTranslation } from "../contracts/records.js";
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

const HEADER = "--atelier-frame\r\nContent-Type: image/jpeg\r\n\r\n";

/** Opens a stream, to be read part by part. */
async function openStream(id: string, query = "") {
  const sent = request({ host: "127.0.0.1", port: server.port, path: `/sessions/${id}/stream.mjpeg${query}`, agent: false });
  sent.end();
  const [response] = (await once(sent, "response")) as [IncomingMessage];
  let text = Buffer.alloc(0);
  const chunks = response[Symbol.asyncIterator]();
  /** Picture of the next part, complete when the next header has arrived; null at the end of the stream. */
  async function part(): Promise<Buffer | null> {
    for (;;) {
      const end = text.indexOf(`\r\n${HEADER}`, HEADER.length);
      if (end >= 0) {
        expect(text.subarray(0, HEADER.length).toString("latin1")).toBe(HEADER);
        const bytes = text.subarray(HEADER.length, end);
        text = text.subarray(end + 2);
        return bytes;
      }
      if (text.toString("latin1") === `${HEADER}\r\n--atelier-frame--\r\n`) return null;
      const { done, value } = await chunks.next();
      if (done) throw new Error("The stream broke off.");
      text = Buffer.concat([text, value]);
    }
  }
  return { response, part, close: () => sent.destroy() };
}

test("shows the latest frame at once, then every newer one, and ends with the session", async () => {
  const session = await live();
  const [first, second] = [await picture("red"), await picture("blue")];
  await show(session.id, 4, first);
  const stream = await openStream(session.id);
  expect(stream.response.headers).toMatchObject({
    "content-type": "multipart/x-mixed-replace; boundary=atelier-frame",
    "cache-control": "no-store",
  });
  expect((await stream.part())?.equals(first)).toBe(true);
  await show(session.id, 5, second);
  expect((await stream.part())?.equals(second)).toBe(true);
  await end(session);
  expect(await stream.part()).toBeNull();
  expect(server.broker.viewersOf(session.id)).toBe(0);
});

test("shows a painting's last frame, a PNG, as JPEG", async () => {
  const session = await runningSession((imageId) => aSession(imageId, { status: "COMPLETED" }));
  const png = await picture("green", "png");
  const digest = await server.storage.blobs.put(png);
  await server.storage.frames.insert(aFrame(session.id, 0, { mimeType: "image/png", byteLength: png.byteLength, digest }));
  const stream = await openStream(session.id);
  const shown = await stream.part();
  expect((await sharp(shown ?? undefined).metadata()).format).toBe("jpeg");
  expect(await stream.part()).toBeNull();
});

test("notices a viewer that leaves between frames", async () => {
  const session = await live();
  const stream = await openStream(session.id);
  expect(server.broker.viewersOf(session.id)).toBe(1);
  stream.response.on("error", () => undefined);
  stream.close();
  await expect.poll(() => server.broker.viewersOf(session.id)).toBe(0);
});

test("gives a slow reader the newest frame and keeps no queue", async () => {
  const session = await live();
  const stream = await openStream(session.id, "?fps=0.01");
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
    expect([answer.status, answer.json()]).toEqual([400, expect.objectContaining({ code: "BAD_INPUT", field: "fps", limit: 60 })]);
  }
  expect(server.broker.viewersOf(id)).toBe(0);
});

test("answers HEAD without waiting for frames", async () => {
  const { id } = await live();
  const answer = await ask(server.port, `/sessions/${id}/stream.mjpeg`, { method: "HEAD" });
  expect([answer.status, answer.body.length]).toEqual([200, 0]);
});

test("waits for the first frame of a queued session", async () => {
  const session = await runningSession(() => aTranslation(null));
  const stream = await openStream(session.id);
  await server.bus.publish(`session:${session.id}`, { type: "changed", session: { ...session, status: "RUNNING", revision: 1 } });
  const first = await picture("red");
  await show(session.id, 0, first);
  expect((await stream.part())?.equals(first)).toBe(true);
  stream.response.on("error", () => undefined);
  stream.close();
});

test("a viewer with a full socket takes no memory, misses frames, and then gets the newest", async () => {
  const session = await live();
  const stream = await openStream(session.id);
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

test("is refused to foreign web pages and under foreign names", async () => {
  const { id } = await live();
  for (const headers of [{ Origin: "https://evil.example" }, { Host: "evil.example" }] as Record<string, string>[]) {
    const answer = await ask(server.port, `/sessions/${id}/stream.mjpeg`, { headers });
    expect([answer.status, answer.json()]).toEqual([403, expect.objectContaining({ code: "FORBIDDEN" })]);
  }
  expect(server.broker.viewersOf(id)).toBe(0);
});
