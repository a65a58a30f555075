import sharp from "sharp";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { inverterId, mirrorWithInverter } from "../helpers/generator-mirror.js";
import { ServerFixture } from "../helpers/server-fixture.js";

const START = "mutation ($input: TranslationInput!) { startTranslation(input: $input) { id status source { id } } }";
const SEND = "mutation ($input: FrameInput!) { sendFrame(input: $input) { step status credit } }";
const KEEP = "mutation ($id: ID!, $step: Int!) { keepFrame(sessionId: $id, step: $step) { id url width height mimeType } }";
const CANCEL = "mutation ($id: ID!) { cancelSession(sessionId: $id) { status } }";
const END = "mutation ($id: ID!) { endSession(sessionId: $id) { status } }";
const DELETE = "mutation ($id: ID!) { deleteSession(sessionId: $id) }";
const PAUSE = "mutation ($id: ID!) { pauseSession(sessionId: $id) { status } }";
const READ = `query ($id: ID!) {
  session(id: $id) {
    status latestFrame { step } frames { totalCount }
    ... on TranslationSession { framesTranslated framesDropped }
  }
}`;
const WATCH = `subscription ($id: ID!, $afterStep: Int) {
  session(id: $id, afterStep: $afterStep, inline: true) {
    ... on Frame { step width height mimeType data url }
    ... on FrameGap { fromStep toStep }
    ... on SessionChange { session { status } }
  }
}`;

let mirror: Awaited<ReturnType<typeof mirrorWithInverter>>;
beforeAll(async () => {
  mirror = await mirrorWithInverter();
});
afterAll(() => mirror.remove());

const server = new ServerFixture(() => ({ ATELIER_MODEL_MIRROR: mirror.folder }));

const picture = async (background: string, size = { width: 64, height: 48 }) =>
  (
    await sharp({ create: { ...size, channels: 3, background } })
      .jpeg()
      .toBuffer()
  ).toString("base64");

async function start(size = 64): Promise<string> {
  const { startTranslation } = await server.client.query(START, { input: { model: inverterId, size } });
  return startTranslation.id;
}

const send = async (sessionId: string, step: number, frame: string) =>
  (await server.client.query(SEND, { input: { sessionId, step, data: frame } })).sendFrame;
const refusal = (sessionId: string, step: number, frame: string) =>
  server.client.refusal(SEND, { input: { sessionId, step, data: frame } });

/** Resolves when the frame of `step` is kept. */
async function translated(id: string, step: number): Promise<void> {
  await expect.poll(async () => (await server.client.query(READ, { id })).session.latestFrame?.step).toBeGreaterThanOrEqual(step);
}

test("frames are translated one by one, keep the client's numbers and can be watched live", async () => {
  const id = await start();
  const watching = server.client.subscribe(WATCH, { id });
  await watching.next();
  expect(await send(id, 7, await picture("red"))).toEqual({ step: 7, status: "ACCEPTED", credit: 1 });
  await translated(id, 7);
  await send(id, 9, await picture("blue", { width: 32, height: 64 }));
  const shown: { step: number; width: number; height: number; mimeType: string; data: string; url: string }[] = [];
  while (shown.at(-1)?.step !== 9) {
    const { value } = await watching.next();
    if (value.data.session.step !== undefined) shown.push(value.data.session);
  }
  expect(shown.map(({ step, width, height, mimeType }) => [step, width, height, mimeType])).toEqual([
    [7, 64, 48, "image/jpeg"],
    [9, 32, 64, "image/jpeg"],
  ]);
  const pixel = await sharp(Buffer.from(shown[0]?.data ?? "", "base64"))
    .raw()
    .toBuffer();
  // The network inverts: red becomes cyan.
  expect([(pixel[0] ?? 255) < 20, (pixel[1] ?? 0) > 235, (pixel[2] ?? 0) > 235]).toEqual([true, true, true]);
  const answer = await fetch(`${server.address}${shown[1]?.url}`);
  expect(Buffer.from(await answer.arrayBuffer()).toString("base64")).toBe(shown[1]?.data);
  await watching.return?.();
});

test("frames sent faster than they are translated replace each other", async () => {
  const id = await start();
  const frame = await picture("green");
  // Over one socket, so that they arrive in the order of their numbers.
  const answers = Array.from({ length: 12 }, (_, step) =>
    server.client.subscribe(SEND, { input: { sessionId: id, step, data: frame } }).next(),
  );
  const receipts: { step: number; status: string }[] = (await Promise.all(answers)).map(({ value }) => value.data.sendFrame);
  const accepted = receipts.filter(({ status }) => status === "ACCEPTED");
  expect(receipts.every(({ status }) => status === "ACCEPTED" || status === "SUPERSEDED")).toBe(true);
  expect(accepted.length).toBeLessThan(12);
  expect(accepted.at(-1)?.step).toBe(11);
  await translated(id, 11);
  await server.client.query(CANCEL, { id });
  await expect.poll(async () => (await server.client.query(READ, { id })).session.status).toBe("CANCELLED");
  const { session } = await server.client.query(READ, { id });
  expect(session.framesTranslated + session.framesDropped).toBe(12);
  expect(session.framesTranslated).toBe(accepted.length);
});

test("the last frame stays in history, even if it was kept as an image", async () => {
  const id = await start();
  for (const [step, colour] of ["red", "green"].entries()) {
    await send(id, step, await picture(colour));
    await translated(id, step);
  }
  const { keepFrame } = await server.client.query(KEEP, { id, step: 0 });
  expect(keepFrame).toMatchObject({ width: 64, height: 48, mimeType: "image/jpeg" });
  await server.client.query(CANCEL, { id });
  const { session } = await server.client.query(READ, { id });
  expect(session).toMatchObject({ status: "CANCELLED", latestFrame: { step: 1 }, frames: { totalCount: 1 }, framesTranslated: 2 });
  expect((await fetch(`${server.address}${keepFrame.url}`)).status).toBe(200);
  expect(await server.client.refusal(KEEP, { id, step: 0 })).toMatchObject({ code: "NOT_FOUND", field: "step" });
});

test("a late viewer gets the frames in the ring, and a gap for the frames before them", async () => {
  const id = await start();
  for (const step of [3, 4]) {
    await send(id, step, await picture("red"));
    await translated(id, step);
  }
  const watching = server.client.subscribe(WATCH, { id, afterStep: -1 });
  const seen = [];
  for (let index = 0; index < 4; index++) seen.push((await watching.next()).value.data.session);
  expect(seen[1]).toEqual({ fromStep: 0, toStep: 2 });
  expect(seen.slice(2).map(({ step }) => step)).toEqual([3, 4]);
  await watching.return?.();
});

test("a live translation that its client ends is COMPLETED, and keeps its last frame", async () => {
  const id = await start();
  await send(id, 0, await picture("red"));
  await translated(id, 0);
  expect((await server.client.query(END, { id })).endSession.status).toBe("COMPLETED");
  expect((await server.client.query(READ, { id })).session).toMatchObject({ status: "COMPLETED", latestFrame: { step: 0 } });
  expect(await refusal(id, 1, await picture("blue"))).toMatchObject({ code: "CONFLICT" });
});

describe("frames that cannot be accepted", () => {
  test("are refused before any work for their number, size or form, and at their turn for their pixels", async () => {
    const id = await start();
    const frame = await picture("red");
    await send(id, 5, frame);
    expect(await refusal(id, 5, frame)).toMatchObject({ code: "BAD_INPUT", field: "input.step", limit: 6 });
    expect(await refusal(id, 2, frame)).toMatchObject({ code: "BAD_INPUT", field: "input.step", limit: 6 });
    expect(await refusal(id, -1, frame)).toMatchObject({ code: "BAD_INPUT", field: "input.step", limit: "0..2147483647" });
    expect(await refusal(id, 6, Buffer.from("GIF89a is none").toString("base64"))).toMatchObject({
      code: "BAD_INPUT",
      field: "input.data",
    });
    for (const text of ["", "no base64!", `data:image/jpeg;base64,${frame}`, frame.slice(0, -1)]) {
      expect(await refusal(id, 6, text)).toMatchObject({ code: "BAD_INPUT", field: "input.data" });
    }
    const large = Buffer.concat([Buffer.from(frame, "base64"), Buffer.alloc(600_000)]).toString("base64");
    expect(await refusal(id, 6, large)).toMatchObject({ code: "BAD_INPUT", field: "input.data", limit: 512 * 1024 });
    const broken = Buffer.from(frame, "base64").subarray(0, 100).toString("base64");
    expect(await refusal(id, 6, broken)).toMatchObject({ code: "BAD_INPUT", field: "input.data" });
    const bomb = sharp({ create: { width: 5000, height: 4000, channels: 3, background: "red" } }).png();
    expect(await refusal(id, 7, (await bomb.toBuffer()).toString("base64"))).toMatchObject({ code: "BAD_INPUT", field: "input.data" });
    expect(await send(id, 8, frame)).toMatchObject({ step: 8, status: "ACCEPTED" });
  });

  test("are refused for sessions that do not exist, accept no frames or have ended", async () => {
    const frame = await picture("red");
    expect(await refusal("00000000-0000-4000-8000-000000000000", 0, frame)).toMatchObject({ code: "NOT_FOUND", field: "input.sessionId" });
    const imageId = await server.client.upload(Buffer.from(await picture("red"), "base64"));
    const { startTranslation } = await server.client.query(START, { input: { model: inverterId, imageId, size: 64 } });
    expect(await refusal(startTranslation.id, 0, frame)).toMatchObject({ code: "CONFLICT", field: "input.sessionId" });
    const id = await start();
    await send(id, 0, frame);
    for (const mutation of [DELETE, PAUSE])
      expect(await server.client.refusal(mutation, { id })).toEqual({ code: "CONFLICT", field: "sessionId" });
    await server.client.query(CANCEL, { id });
    expect(await refusal(id, 1, frame)).toMatchObject({ code: "CONFLICT", field: "input.sessionId" });
  });
});
