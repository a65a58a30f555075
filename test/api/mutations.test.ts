import { expect, test } from "vitest";
import { styleTransferLimits } from "../../server/records/settings.js";
import { appOfFile, startSession } from "../helpers/app.js";
import { until } from "../helpers/until.js";

const CANCEL = "mutation ($id: ID!) { cancelSession(sessionId: $id) { id status finishedAt queuePosition } }";
const RENAME = "mutation ($id: ID!, $title: String!) { renameSession(sessionId: $id, title: $title) { id title } }";
const DELETE = "mutation ($id: ID!) { deleteSession(sessionId: $id) }";
const SESSION = "query ($id: ID!) { session(id: $id) { status } }";

const running = appOfFile();

test("a queued session is cancelled at once and never runs", async () => {
  const id = await startSession(running);
  const { cancelSession } = await running.client.query(CANCEL, { id });
  expect(cancelSession).toMatchObject({ id, status: "CANCELLED", queuePosition: null });
  expect(cancelSession.finishedAt).not.toBeNull();
  const next = await startSession(running);
  expect(await running.host.claim()).toBe(next);
});

test("a running session is cancelled by its host, and the mutation returns the cancelled session", async () => {
  const id = await startSession(running);
  await running.host.claim();
  await running.host.paint(id, 0);
  expect((await running.client.query(CANCEL, { id })).cancelSession).toMatchObject({ status: "CANCELLED" });
  const { session } = await running.client.query("query ($id: ID!) { session(id: $id) { latestFrame { step } } }", { id });
  expect(session.latestFrame).toEqual({ step: 0 });
});

test("after a restart, a session is cancelled as soon as its host has claimed it again", async () => {
  const id = await startSession(running);
  // The state after a server was killed: running, and queued for the next host.
  await running.storage.sessions.update(id, { status: "RUNNING" }, ["QUEUED"]);
  let unheard = 0;
  const unsubscribe = await running.bus.subscribe(`control:${id}`, ({ type }) => void (type === "cancel" && unheard++));
  const cancelled = running.client.query(CANCEL, { id });
  await until(() => unheard > 0);
  await unsubscribe();
  await running.host.takeUp();
  expect((await cancelled).cancelSession).toMatchObject({ id, status: "CANCELLED" });
});

test("a finished session cannot be cancelled", async () => {
  const id = await startSession(running);
  await running.host.claim();
  await running.host.end(id, "COMPLETED");
  expect(await running.client.refusal(CANCEL, { id })).toMatchObject({ code: "CONFLICT", field: "sessionId" });
});

test("a session is renamed, and a blank title removes the title", async () => {
  const id = await startSession(running, { title: "old" });
  expect((await running.client.query(RENAME, { id, title: " Dünen 🎨 " })).renameSession).toEqual({ id, title: "Dünen 🎨" });
  expect((await running.client.query(RENAME, { id, title: "  " })).renameSession).toEqual({ id, title: null });
  const tooLong = { id, title: "x".repeat(styleTransferLimits.maxTitleLength + 1) };
  expect(await running.client.refusal(RENAME, tooLong)).toEqual({
    code: "BAD_INPUT",
    field: "title",
    limit: styleTransferLimits.maxTitleLength,
    max: styleTransferLimits.maxTitleLength,
    unit: "characters",
  });
  await running.client.query(CANCEL, { id });
});

test("a session is deleted with its frames and their pictures; its images stay", async () => {
  const { client, host, address, storage, imageId } = running;
  const id = await startSession(running);
  await host.claim();
  const frame = await host.paint(id, 0);
  await storage.checkpoints.put(id, 0, new Uint8Array(8));
  await host.end(id, "COMPLETED");
  const url = `${address}/frames/${id}/0`;
  expect((await fetch(url)).status).toBe(200);
  expect(await client.query(DELETE, { id })).toEqual({ deleteSession: id });
  expect(await client.query(SESSION, { id })).toEqual({ session: null });
  expect((await fetch(url)).status).toBe(404);
  await expect(storage.blobs.get(frame.digest)).rejects.toMatchObject({ code: "NOT_FOUND" });
  expect(await storage.checkpoints.get(id, 10)).toBeNull();
  expect((await fetch(`${address}/images/${imageId}`)).status).toBe(200);
});

test("a picture that a frame of another session uses stays", async () => {
  const { client, host, address } = running;
  const picture = Buffer.from("the same picture");
  const [one, two] = [await startSession(running), await startSession(running)];
  for (const id of [one, two]) {
    await host.claim();
    await host.paint(id, 0, picture);
    await host.end(id, "COMPLETED");
  }
  await client.query(DELETE, { id: one });
  expect((await fetch(`${address}/frames/${two}/0`)).status).toBe(200);
});

test("a running or queued session cannot be deleted, and a cancelled one can", async () => {
  const [runs, waits] = [await startSession(running), await startSession(running)];
  await running.host.claim();
  for (const id of [waits, runs]) {
    expect(await running.client.refusal(DELETE, { id })).toMatchObject({ code: "CONFLICT", field: "sessionId" });
    await running.client.query(CANCEL, { id });
    await running.client.query(DELETE, { id });
    expect(await running.client.query(SESSION, { id })).toEqual({ session: null });
  }
  const next = await startSession(running);
  expect(await running.host.claim()).toBe(next);
});

test.each([
  ["cancelled", CANCEL],
  ["renamed", RENAME],
  ["deleted", DELETE],
])("a session that does not exist cannot be %s", async (_what, mutation) => {
  for (const id of ["none", "../x", "a\0b"]) {
    expect(await running.client.refusal(mutation, { id, ...(mutation === RENAME ? { title: "x" } : {}) })).toEqual({
      code: "NOT_FOUND",
      field: "sessionId",
    });
  }
});
