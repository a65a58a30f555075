import sharp from "sharp";
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from "vitest";
import { TRACE_KEYWORD } from "../../server/exports/png-text.js";
import { MAX_WAITING_PICTURES } from "../../server/http/concurrency-limiter.js";
import { aFrame, anImage, aSession, aTranslation } from "../contracts/records.js";
import { ask, type RunningServer, startHttp } from "./server.js";

let server: RunningServer;
beforeAll(async () => {
  server = await startHttp();
});
afterEach(() => expect(server.faults).toEqual([]));
afterAll(() => server.close());

const flat = (background: string, width = 40, height = 30) => sharp({ create: { width, height, channels: 3, background } });

/** A painting with a JPEG for step 0 and a PNG for its last step. */
async function painting(size: [number, number] = [40, 30], colour = "red"): Promise<string> {
  const image = anImage();
  await server.storage.images.insert(image);
  const session = aSession(image.id, { status: "COMPLETED", title: "Dünen am Abend!" });
  await server.storage.sessions.insert(session);
  const pictures = [
    await flat("blue", ...size)
      .jpeg()
      .toBuffer(),
    await flat(colour, ...size)
      .png()
      .toBuffer(),
  ];
  for (const [step, bytes] of pictures.entries()) {
    const mimeType = step === 1 ? "image/png" : "image/jpeg";
    const [width, height] = size;
    const digest = await server.storage.blobs.put(bytes);
    await server.storage.frames.insert(aFrame(session.id, step, { digest, mimeType, width, height, byteLength: bytes.byteLength }));
  }
  return session.id;
}

async function take(path: string) {
  const response = await fetch(`http://127.0.0.1:${server.port}${path}`);
  return { response, bytes: Buffer.from(await response.arrayBuffer()) };
}

describe("an exported picture", () => {
  test.each(["png", "jpg", "webp"])("is the last picture as %s, with a file name made from the title", async (format) => {
    const { response, bytes } = await take(`/sessions/${await painting()}/export.${format}`);
    expect(response.status).toBe(200);
    expect(response.headers.get("content-disposition")).toBe(
      `attachment; filename="D?nen-am-Abend-1.${format}"; filename*=UTF-8''D%C3%BCnen-am-Abend-1.${format}`,
    );
    const { info, data } = await sharp(bytes).raw().toBuffer({ resolveWithObject: true });
    expect(info).toMatchObject({ width: 40, height: 30 });
    expect(data[0]).toBeGreaterThan(240);
    expect((await sharp(bytes).metadata()).format).toBe(format === "jpg" ? "jpeg" : format);
  });

  test("may be the picture of any kept step", async () => {
    const { bytes } = await take(`/sessions/${await painting()}/export.png?step=0`);
    const { data } = await sharp(bytes).raw().toBuffer({ resolveWithObject: true });
    expect([...data.subarray(0, 3)].map((value) => value > 128)).toEqual([false, false, true]);
  });

  test("holds its trace in a chunk that other programs can read", async () => {
    const id = await painting();
    const { bytes } = await take(`/sessions/${id}/export.png`);
    const comments = (await sharp(bytes).metadata()).comments ?? [];
    const text = comments.find(({ keyword }) => keyword === TRACE_KEYWORD)?.text ?? "{}";
    const { bytes: trace } = await take(`/sessions/${id}/trace.json`);
    expect(JSON.parse(text)).toEqual(JSON.parse(trace.toString()));
    expect(JSON.parse(text)).toMatchObject({ format: "atelier-trace", version: 1, title: "Dünen am Abend!", step: 1 });
  });

  test.each(["jpg", "webp"])("holds its trace in the XMP of a %s", async (format) => {
    const id = await painting();
    const { bytes } = await take(`/sessions/${id}/export.${format}?step=0`);
    const xmp = (await sharp(bytes).metadata()).xmpAsString ?? "";
    expect(xmp).toContain("<rdf:Description");
    const { bytes: trace } = await take(`/sessions/${id}/trace.json`);
    const text = /<atelier:trace>(.*)<\/atelier:trace>/.exec(xmp)?.[1] ?? "{}";
    expect(JSON.parse(text)).toEqual(JSON.parse(trace.toString()));
  });

  test("is shrunk to the size that is asked for, never enlarged", async () => {
    const id = await painting();
    const { response, bytes } = await take(`/sessions/${id}/export.png?size=20`);
    expect(await sharp(bytes).metadata()).toMatchObject({ width: 20, height: 15 });
    expect(response.headers.get("content-disposition")).toContain("nen-am-Abend-1-20px.png");
    expect((await sharp(bytes).metadata()).comments?.[0]?.text).toContain("Dünen am Abend!");
    for (const size of ["41", "15", "x", "-1"]) {
      const answer = await ask(server.port, `/sessions/${id}/export.png?size=${size}`);
      expect([size, answer.status, answer.json()]).toEqual([size, 400, expect.objectContaining({ field: "size", min: 16, max: 40 })]);
    }
    const { bytes: pair } = await take(`/sessions/${id}/export.png?size=20&beside=${await painting([100, 60], "lime")}`);
    expect(await sharp(pair).metadata()).toMatchObject({ width: 45, height: 15 });
  });

  test("can have another picture of the same height beside it", async () => {
    const [one, other] = [await painting(), await painting([100, 60], "lime")];
    const { bytes } = await take(`/sessions/${one}/export.png?beside=${other}`);
    const { info, data } = await sharp(bytes).raw().toBuffer({ resolveWithObject: true });
    expect(info).toMatchObject({ width: 90, height: 30 });
    expect([...data.subarray(0, 2)].map((value) => value > 128)).toEqual([true, false]);
    expect([...data.subarray(3 * 89, 3 * 89 + 2)].map((value) => value > 128)).toEqual([false, true]);
  });

  test("is refused with code and field if it does not exist", async () => {
    const id = await painting();
    const empty = aTranslation(null);
    await server.storage.sessions.insert(empty);
    const unknown = "00000000-0000-4000-8000-000000000000";
    for (const [path, status, detail] of [
      [`/sessions/${id}/export.tiff`, 404, { field: "format" }],
      [`/sessions/${id}/export.png?step=9`, 404, { field: "step" }],
      [`/sessions/${id}/export.png?step=x`, 400, { field: "step" }],
      [`/sessions/${id}/export.png?beside=${unknown}`, 404, { field: "beside" }],
      [`/sessions/${unknown}/export.png`, 404, { field: "id" }],
      [`/sessions/${empty.id}/export.png`, 404, { field: "step" }],
      [`/sessions/${empty.id}/trace.json`, 409, { code: "CONFLICT" }],
      [`/exports/${unknown}`, 404, { code: "NOT_FOUND" }],
    ] as const) {
      const answer = await ask(server.port, path);
      expect([path, answer.status, answer.json()]).toEqual([path, status, expect.objectContaining(detail)]);
    }
  });
});

test("of many pictures that are exported at once, two are encoded at a time, and too many are told to come again", async () => {
  const path = `/sessions/${await painting()}/export.png`;
  let release = (): void => undefined;
  const released = new Promise<void>((resolve) => {
    release = resolve;
  });
  const { blobs } = server.storage;
  const get = blobs.get.bind(blobs);
  let underWay = 0;
  let most = 0;
  const reading = vi.spyOn(blobs, "get").mockImplementation(async (digest) => {
    most = Math.max(most, ++underWay);
    await released;
    const bytes = await get(digest);
    underWay--;
    return bytes;
  });
  const answers = Array.from({ length: MAX_WAITING_PICTURES + 3 }, () => ask(server.port, path));
  const first = await Promise.race(answers);
  expect([first.status, first.json()]).toEqual([503, expect.objectContaining({ code: "UNAVAILABLE" })]);
  release();
  const statuses = (await Promise.all(answers)).map(({ status }) => status);
  expect([statuses.filter((status) => status === 200).length, most]).toEqual([MAX_WAITING_PICTURES + 2, 2]);
  reading.mockRestore();
});

test.each(["trace.json", "export.png"])("a session that is deleted while its %s is written is not found", async (name) => {
  const id = await painting();
  const { changes, sessions } = server.storage;
  const list = vi.spyOn(changes, "list").mockImplementationOnce(async () => {
    await sessions.delete(id);
    return [];
  });
  const answer = await ask(server.port, `/sessions/${id}/${name}`);
  list.mockRestore();
  expect([answer.status, answer.json()]).toEqual([404, expect.objectContaining({ code: "NOT_FOUND", field: "id" })]);
});

test("a trace reads the pictures of all its changes together", async () => {
  const { images, sessions } = server.storage;
  const image = await images.insert(anImage());
  const session = aSession(image.id, { status: "COMPLETED" });
  const changes = Array.from({ length: 40 }, (_, step) => ({ step, settings: {}, styles: [{ imageId: image.id, weight: step + 1 }] }));
  await sessions.insert(session, changes);
  const spies = [vi.spyOn(images, "find"), vi.spyOn(images, "findAll")];
  const { json } = await ask(server.port, `/sessions/${session.id}/trace.json`);
  expect(spies.map((spy) => spy.mock.calls.length)).toEqual([0, 1]);
  for (const spy of spies) spy.mockRestore();
  const traced = { sha256: image.digest, width: 64, height: 48, mimeType: "image/png" };
  expect(json()).toMatchObject({
    content: traced,
    changes: changes.map(({ step }) => ({ step, styles: [{ ...traced, weight: step + 1 }] })),
  });
});

test("a film is sent in ranges, so that players can seek", async () => {
  const { id } = await server.exporter.start({ sessionId: await painting(), format: "WEBP", size: 64 });
  for await (const { error } of await server.exporter.follow(id)) expect(error).toBeNull();
  const whole = await take(`/exports/${id}`);
  expect(whole.response.headers.get("accept-ranges")).toBe("bytes");
  expect(whole.response.headers.get("content-length")).toBe(String(whole.bytes.byteLength));
  const part = await fetch(`http://127.0.0.1:${server.port}/exports/${id}`, { headers: { Range: "bytes=10-19" } });
  expect([part.status, part.headers.get("content-range")]).toEqual([206, `bytes 10-19/${whole.bytes.byteLength}`]);
  expect(Buffer.from(await part.arrayBuffer())).toEqual(whole.bytes.subarray(10, 20));
  const head = await fetch(`http://127.0.0.1:${server.port}/exports/${id}`, { method: "HEAD" });
  expect([head.status, head.headers.get("content-type")]).toEqual([200, "image/webp"]);
});
