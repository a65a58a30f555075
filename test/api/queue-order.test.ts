import { expect, test } from "vitest";
import { recoverSessions } from "../../server/host/recovery.js";
import { openEmbeddedQueue } from "../../server/queue/embedded.js";
import { appOfFile, startSession } from "../helpers/app.js";

const running = appOfFile();
const MOVE = "mutation ($id: ID!, $position: Int!) { moveInQueue(sessionId: $id, position: $position) { id queuePosition } }";
const QUEUE = "{ queue { id queuePosition } }";

const order = async () => (await running.client.query(QUEUE)).queue.map(({ id }: { id: string }) => id);

test("waiting sessions can be moved, in an order that outlives the server", async () => {
  const [a, b, c, d] = [await startSession(running), await startSession(running), await startSession(running), await startSession(running)];
  expect(await order()).toEqual([a, b, c, d]);
  expect((await running.client.query(MOVE, { id: d, position: 1 })).moveInQueue).toEqual({ id: d, queuePosition: 1 });
  expect((await running.client.query(MOVE, { id: a, position: 1000 })).moveInQueue).toEqual({ id: a, queuePosition: 4 });
  expect(await order()).toEqual([d, b, c, a]);
  await Promise.all([running.client.query(MOVE, { id: c, position: 1 }), running.client.query(MOVE, { id: b, position: 1 })]);
  const now = await order();

  const restarted = openEmbeddedQueue();
  await recoverSessions(running.storage, restarted);
  expect(await restarted.list()).toEqual(now);

  expect(await running.host.claim()).toBe(now[0]);
  expect((await running.client.query("query { queue(first: 1) { id queuePosition } }")).queue).toEqual([{ id: now[1], queuePosition: 1 }]);
  expect(await running.client.refusal(MOVE, { id: now[0], position: 1 })).toEqual({ code: "CONFLICT", field: "sessionId" });
});

test("viewers of a moved session learn of it", async () => {
  const [first, second] = [await startSession(running), await startSession(running)];
  const events = running.client.subscribe("subscription { sessions(filter: { status: [QUEUED] }) { id queuePosition } }");
  const next = events.next();
  // The subscription begins when the server has it; each move is an event for both sessions.
  const moved = new Set<string>();
  const moving = (async () => {
    for (let turn = 0; moved.size === 0; turn++) await running.client.query(MOVE, { id: turn % 2 ? first : second, position: 1 });
  })();
  moved.add((await next).value.data.sessions.id);
  await moving;
  expect(moved.size).toBe(1);
  await events.return?.();
});

test("a position below 1, and an unknown session, are refused", async () => {
  const id = await startSession(running);
  expect(await running.client.refusal(MOVE, { id, position: 0 })).toMatchObject({ code: "BAD_INPUT", field: "position", min: 1 });
  expect(await running.client.refusal(MOVE, { id: crypto.randomUUID(), position: 1 })).toMatchObject({ code: "NOT_FOUND" });
  expect(await running.client.refusal("{ queue(first: 101) { id } }")).toMatchObject({ code: "BAD_INPUT", field: "first", max: 100 });
});
