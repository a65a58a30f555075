import { expect, test } from "vitest";
import { appOfFile, startSession } from "../helpers/app.js";

const running = appOfFile({
  waitingReason: (session) => (session.kind === "STYLE_TRANSFER" && session.settings.size > 1024 ? "The largest size is 1024 px." : null),
});

test("a session says why no worker can run it, while it is QUEUED", async () => {
  const FIND = "query ($id: ID!) { session(id: $id) { status waitingReason } }";
  const find = async (id: string) => (await running.client.query(FIND, { id })).session;
  const large = await startSession(running, { size: 2048 });
  expect(await find(large)).toEqual({ status: "QUEUED", waitingReason: "The largest size is 1024 px." });
  expect(await find(await startSession(running, { size: 512 }))).toEqual({ status: "QUEUED", waitingReason: null });
  await running.client.query("mutation ($id: ID!) { pauseSession(sessionId: $id) { id } }", { id: large });
  expect(await find(large)).toEqual({ status: "PAUSED", waitingReason: null });
});
