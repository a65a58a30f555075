import { afterEach, expect, test } from "vitest";
import { openEmbeddedBus } from "../../../server/bus/embedded.js";
import { FrameBroker } from "../../../server/sessions/watch/frame-broker.js";
import { aFrame, aTranslation } from "../../contracts/records.js";
import { appOfFile, startSession } from "../../helpers/app.js";
import { LossyBus } from "../../helpers/lossy-bus.js";
import { until } from "../../helpers/until.js";

let bus: LossyBus;
const running = appOfFile({
  openBus: (report) => {
    bus = new LossyBus(openEmbeddedBus(report));
    return bus;
  },
});
afterEach(() => bus.recover());

const EVENTS = `subscription ($id: ID!, $afterStep: Int) {
  session(id: $id, afterStep: $afterStep) { ... on SessionChange { session { status title } } ... on Frame { step } ... on FrameGap { fromStep toStep } }
}`;

/** Starts a session that is painted, and a viewer; `seen` has its statuses and steps. */
async function watched(afterStep: number | null) {
  const id = await startSession(running, { steps: 100 });
  await running.host.claim();
  const seen: (string | number)[] = [];
  let isOver = false;
  const over = (async () => {
    for await (const { data, errors } of running.client.subscribe(EVENTS, { id, afterStep })) {
      if (errors) throw new Error(JSON.stringify(errors));
      const { session, step, fromStep } = data.session;
      seen.push(session?.status ?? step ?? `gap from ${fromStep}`);
    }
    isOver = true;
  })();
  await Promise.race([over, until(() => seen.includes("RUNNING"))]);
  return { id, seen, over, isOver: () => isOver };
}

test("a viewer of a session whose last messages were lost gets its end and its last frame", async () => {
  const { host } = running;
  const { id, seen, over } = await watched(null);
  await host.paint(id, 0);
  await until(() => seen.includes(0));
  bus.lose();
  await host.paint(id, 1);
  await host.paint(id, 2);
  await host.end(id, "COMPLETED");
  bus.recover();
  await over;
  expect(seen).toEqual(["RUNNING", 0, 2, "COMPLETED"]);
});

test("a viewer that replays gets every step once, whatever was lost", async () => {
  const { host } = running;
  const { id, seen, over } = await watched(-1);
  for (let step = 0; step < 60; step++) {
    if (step % 10 === 5) bus.lose();
    await host.paint(id, step);
    // The next frame comes while storage is read.
    if (step % 10 === 8) bus.recover();
  }
  await host.end(id, "COMPLETED");
  await over;
  expect(seen).toEqual(["RUNNING", ...Array.from({ length: 60 }, (_, step) => step), "COMPLETED"]);
});

test("a viewer that hears of a gap where nothing was lost gets nothing twice", async () => {
  const { host } = running;
  const { id, seen, over } = await watched(-1);
  for (let step = 0; step < 3; step++) {
    await host.paint(id, step);
    await until(() => seen.includes(step));
    bus.recover();
  }
  await host.end(id, "COMPLETED");
  await over;
  expect(seen).toEqual(["RUNNING", 0, 1, 2, "COMPLETED"]);
});

test("a viewer's subscription ends when the session's deletion was lost", async () => {
  const { id, over } = await watched(null);
  bus.lose();
  await running.host.end(id, "COMPLETED");
  await running.client.query("mutation ($id: ID!) { deleteSession(sessionId: $id) }", { id });
  bus.recover();
  await over;
});

test("viewers see a painting go on and end although all messages of its worker are lost unnoticed", async () => {
  const { host, storage } = running;
  const id = await startSession(running, { steps: 100 });
  await host.claim();
  const broker = new FrameBroker(storage, bus, { isShared: true, lookMs: 200 });
  const watch = async (afterStep: number | null) => {
    const seen: (string | number)[] = [];
    const events = await broker.watch(id, { afterStep, maxFramesPerSecond: null });
    const over = (async () => {
      for await (const event of events) {
        if (event.type === "changed") seen.push(event.session.status);
        if (event.type === "frame") seen.push(event.frame.record.step);
      }
    })();
    return { seen, over };
  };
  const [newest, all] = await Promise.all([watch(null), watch(-1)]);
  await host.paint(id, 0);
  await until(() => newest.seen.includes(0));
  bus.lose();
  await host.paint(id, 1);
  await host.paint(id, 2);
  await until(() => newest.seen.includes(2) && all.seen.includes(2));
  await host.paint(id, 3);
  // A viewer who comes now reads what the others still lack.
  const late = await watch(null);
  await until(() => [newest, all, late].every(({ seen }) => seen.includes(3)));
  await host.end(id, "COMPLETED");
  await Promise.all([newest.over, all.over, late.over]);
  expect(newest.seen.slice(-2)).toEqual([3, "COMPLETED"]);
  expect(all.seen.filter((event) => typeof event === "number")).toEqual([0, 1, 2, 3]);
  expect(all.seen.at(-1)).toBe("COMPLETED");
});

test("a viewer's subscription ends although the session's deletion was lost unnoticed", async () => {
  const { host, storage } = running;
  const id = await startSession(running, { steps: 100 });
  await host.claim();
  await host.paint(id, 0);
  const broker = new FrameBroker(storage, bus, { isShared: true, lookMs: 20 });
  const events = await broker.watch(id, { afterStep: null, maxFramesPerSecond: null });
  bus.lose();
  await storage.sessions.delete(id);
  for await (const event of events) expect(event.type).not.toBe("gap");
});

test("an older change that comes late takes nothing back", async () => {
  const { id, seen, over } = await watched(null);
  const old = await running.storage.sessions.find(id);
  if (!old) throw new Error("The session is gone.");
  await running.host.end(id, "COMPLETED");
  await bus.publish(`session:${id}`, { type: "changed", session: { ...old, title: "old" } });
  await over;
  expect(seen).toEqual(["RUNNING", "COMPLETED"]);
});

test("subscriptions to all sessions and to removals end, so that clients list again", async () => {
  const { client } = running;
  const feeds = ["subscription { sessions { id } }", "subscription { sessionRemovals }"].map((query) => client.subscribe(query));
  const waiting = feeds.map((feed) => feed.next());
  await until(() => running.galleries >= 2);
  // An operation on the same socket is answered once the subscriptions before it have begun.
  await client.subscribe("{ __typename }").next();
  bus.recover();
  expect((await Promise.all(waiting)).map(({ done }) => done)).toEqual([true, true]);
});

test("a mutation that ends a running session returns although its end was lost", async () => {
  const id = await startSession(running);
  await running.host.claim();
  bus.lose("session");
  const { cancelSession } = await running.client.query("mutation ($id: ID!) { cancelSession(sessionId: $id) { status } }", { id });
  expect(cancelSession.status).toBe("CANCELLED");
});

test("a lasting output turns to a session whose start was lost, and away from one whose deletion was", async () => {
  const { storage, client } = running;
  const live = async (createdAt: number) => {
    const settings = { ...aTranslation(null).settings, output: "hall" };
    const session = aTranslation(null, { status: "RUNNING", createdAt: new Date(createdAt), settings });
    await storage.sessions.insert(session);
    await storage.recentFrames.put(aFrame(session.id, 0, { losses: null }), Uint8Array.of(1));
    return session.id;
  };
  const one = await live(1000);
  const shown = client.subscribe('subscription { liveOutput(name: "hall") { sessionId } }');
  const next = async () => (await shown.next()).value.data.liveOutput.sessionId;
  expect(await next()).toBe(one);
  const later = next();
  const two = await live(2000);
  bus.recover();
  expect(await later).toBe(two);
  const before = next();
  await storage.recentFrames.clear(two);
  await storage.sessions.delete(two);
  bus.recover();
  expect(await before).toBe(one);
  await shown.return?.();
});
