import { setImmediate as turn } from "node:timers/promises";
import { afterAll, afterEach, beforeAll, expect, test, vi } from "vitest";
import { type RunningApp, startApp, startSession } from "../helpers/app.js";
import { eventually } from "../helpers/eventually.js";

const WATCH = `subscription ($id: ID!, $afterStep: Int, $inline: Boolean, $fps: Float) {
  session(id: $id, afterStep: $afterStep, inline: $inline, maxFramesPerSecond: $fps) {
    __typename
    ... on Frame { id step url data losses { total layers { layer term value } } }
    ... on FrameGap { fromStep toStep }
    ... on SessionChange { session { status title } }
  }
}`;

type Event = {
  __typename: string;
  step?: number;
  data?: string;
  fromStep?: number;
  toStep?: number;
  session?: { status: string; title: string | null };
};

let running: RunningApp;

beforeAll(async () => {
  running = await startApp();
});

afterEach(async () => {
  await eventually(() => expect(running.app.broker.viewerCount).toBe(0));
  expect(running.faults).toEqual([]);
});

afterAll(() => running.close());

function label({ __typename, step, session, fromStep, toStep }: Event): string {
  if (__typename === "FrameGap") return `gap ${fromStep}-${toStep}`;
  return session ? session.status : `frame ${step}`;
}

/** Reads one subscription event by event. */
function watch(variables: Record<string, unknown>) {
  const events = running.client.subscribe(WATCH, variables);
  return {
    async next(): Promise<Event> {
      const { value, done } = await events.next();
      if (done) throw new Error("The subscription has ended.");
      if (value.errors) throw new Error(JSON.stringify(value.errors));
      return value.data.session;
    },
    async rest(): Promise<string[]> {
      const rest: string[] = [];
      for await (const { data } of events) rest.push(label(data.session));
      return rest;
    },
    leave: () => events.return?.(),
  };
}

async function collect(variables: Record<string, unknown>): Promise<Event[]> {
  return (await running.client.collect(WATCH, variables)).map(({ session }) => session);
}

/** A session that runs, with frames through `lastStep`. */
async function painted(lastStep: number): Promise<string> {
  const id = await startSession(running);
  await running.host.claim();
  for (let step = 0; step <= lastStep; step++) await running.host.paint(id, step);
  return id;
}

test("a viewer from the beginning gets every change and every frame, then the end", async () => {
  const { host } = running;
  const id = await startSession(running);
  const viewer = watch({ id });
  expect(label(await viewer.next())).toBe("QUEUED");
  await host.claim();
  expect(label(await viewer.next())).toBe("RUNNING");
  for (let step = 0; step < 12; step++) {
    await host.paint(id, step);
    expect(await viewer.next()).toMatchObject({
      id: `${id}:${step}`,
      url: `/frames/${id}/${step}`,
      data: null,
      losses: { layers: [{ layer: "conv4_2", term: "CONTENT" }] },
    });
  }
  await host.end(id, "COMPLETED");
  expect(await viewer.rest()).toEqual(["COMPLETED"]);
});

test("a late viewer begins with the latest frame", async () => {
  const id = await painted(5);
  const viewer = watch({ id });
  expect([label(await viewer.next()), label(await viewer.next())]).toEqual(["RUNNING", "frame 5"]);
  await running.host.end(id, "CANCELLED");
  expect(await viewer.rest()).toEqual(["CANCELLED"]);
});

test("a subscription to a finished session shows it and ends", async () => {
  const id = await painted(3);
  await running.host.end(id, "COMPLETED");
  expect((await collect({ id })).map(label)).toEqual(["COMPLETED", "frame 3"]);
  expect((await collect({ id, afterStep: 0 })).map(label)).toEqual(["COMPLETED", "frame 1", "frame 2", "frame 3"]);
  expect((await collect({ id, afterStep: 3 })).map(label)).toEqual(["COMPLETED"]);
});

test("replay continues with live frames without a gap or a duplicate", async () => {
  const last = 110;
  const id = await painted(60);
  const events = collect({ id, afterStep: 7, fps: 1000 });
  for (let step = 61; step <= last; step++) {
    await running.host.paint(id, step);
    if (step % 10 === 0) await turn();
  }
  // Live frames follow the replay, and this viewer may be too slow for some of them.
  await running.host.end(id, "COMPLETED");
  const steps = (await events).flatMap(({ step }) => (step === undefined ? [] : [step]));
  expect(steps.slice(0, 53)).toEqual(Array.from({ length: 53 }, (_, index) => index + 8));
  expect(steps).toEqual([...new Set(steps)].sort((a, b) => a - b));
  expect(steps.at(-1)).toBe(last);
});

test("steps that are not kept are reported as a gap", async () => {
  const id = await painted(1);
  for (const step of [5, 6, 9]) await running.host.paint(id, step);
  await running.host.end(id, "COMPLETED");
  const labels = ["frame 0", "frame 1", "gap 2-4", "frame 5", "frame 6", "gap 7-8", "frame 9"];
  expect((await collect({ id, afterStep: -1 })).map(label)).toEqual(["COMPLETED", ...labels]);
});

test("pictures are inline on request, replayed and live", async () => {
  const id = await painted(0);
  const viewer = watch({ id, inline: true });
  await viewer.next();
  const decode = (event: Event) => Buffer.from(event.data ?? "", "base64").toString();
  expect(decode(await viewer.next())).toBe(`${id} 0`);
  await running.host.paint(id, 1);
  expect(decode(await viewer.next())).toBe(`${id} 1`);
  await viewer.leave();
  const { session } = await running.client.query("query ($id: ID!) { session(id: $id) { latestFrame { data } } }", { id });
  expect(decode(session.latestFrame)).toBe(`${id} 1`);
});

test("one encoding serves all viewers of a frame", async () => {
  const id = await painted(0);
  const viewers = [1, 2, 3].map(() => watch({ id, inline: true }));
  for (const viewer of viewers) for (let event = 0; event < 2; event++) await viewer.next();
  const picture = Buffer.from("a picture that is encoded once");
  const text = picture.toString("base64");
  const encode = vi.spyOn(Buffer.prototype, "toString");
  await running.host.paint(id, 1, picture);
  const shown = await Promise.all(viewers.map((viewer) => viewer.next()));
  const encodings = encode.mock.results.filter(({ value }) => value === text).length;
  encode.mockRestore();
  expect(shown.map(({ data }) => data)).toEqual([text, text, text]);
  expect(encodings).toBe(1);
  await Promise.all(viewers.map((viewer) => viewer.leave()));
});

test("a waiting viewer can leave at once", async () => {
  const id = await startSession(running);
  const viewer = watch({ id });
  await viewer.next();
  await eventually(() => expect(running.app.broker.viewersOf(id)).toBe(1));
  await viewer.leave();
  await eventually(() => expect(running.app.broker.viewersOf(id)).toBe(0));
  await running.host.claim();
});

test("viewers of a deleted session get no more events", async () => {
  const id = await painted(0);
  await running.host.end(id, "COMPLETED");
  const queued = await startSession(running);
  const viewer = watch({ id: queued });
  await viewer.next();
  await running.client.query("mutation ($id: ID!) { cancelSession(sessionId: $id) { id } }", { id: queued });
  await running.client.query("mutation ($id: ID!) { deleteSession(sessionId: $id) }", { id: queued });
  expect((await viewer.rest()).filter((event) => event !== "CANCELLED")).toEqual([]);
});

test.each([
  ["a session that does not exist", { id: "none" }, "NOT_FOUND", "id"],
  ["text that is not an id", { id: "../x" }, "NOT_FOUND", "id"],
  ["a step below -1", { afterStep: -2 }, "BAD_INPUT", "afterStep"],
  ["no frames a second", { fps: 0 }, "BAD_INPUT", "maxFramesPerSecond"],
  ["negative frames a second", { fps: -1 }, "BAD_INPUT", "maxFramesPerSecond"],
  ["too many frames a second", { fps: 1e9 }, "BAD_INPUT", "maxFramesPerSecond"],
])("%s is refused", async (_name, change, code, field) => {
  const id = await painted(0);
  const { value } = await running.client.subscribe(WATCH, { id, ...change }).next();
  expect(value.errors[0].extensions).toMatchObject({ code, field });
});

test("galleries hear which sessions are deleted, and nothing of other changes", async () => {
  const { client } = running;
  const removals = client.subscribe("subscription { sessionRemovals }");
  const first = removals.next();
  // The answer to a later operation on the same socket shows that the gallery is subscribed.
  await client.subscribe("{ server { version } }").next();
  const id = await startSession(running);
  await client.query("mutation ($id: ID!) { cancelSession(sessionId: $id) { id } }", { id });
  await client.query("mutation ($id: ID!) { deleteSession(sessionId: $id) }", { id });
  expect((await first).value.data).toEqual({ sessionRemovals: id });
  await removals.return?.();
});

test("an output shows the pictures of the newest session that was started with its name, and refuses other names", async () => {
  const { client, host } = running;
  const start = async (output: string) => {
    const mutation = 'mutation ($output: String!) { startTranslation(input: { model: "horse2zebra", output: $output }) { id output } }';
    const { startTranslation } = await client.query(mutation, { output });
    expect(startTranslation.output).toBe(output);
    await host.claim();
    return startTranslation.id as string;
  };
  const watched = client.subscribe('subscription { liveOutput(name: "stage", inline: true) { sessionId step data } }');
  const first = watched.next();
  await client.subscribe("{ server { version } }").next();
  const one = await start("stage");
  await host.paint(one, 0);
  expect((await first).value.data.liveOutput).toMatchObject({ sessionId: one, step: 0, data: expect.any(String) });
  const second = watched.next();
  const two = await start("stage");
  await host.paint(two, 0);
  expect((await second).value.data.liveOutput).toMatchObject({ sessionId: two, step: 0 });
  await watched.return?.();
  const refused = await client.subscribe('subscription { liveOutput(name: "Main Stage") { step } }').next();
  expect(refused.value.errors[0].extensions).toMatchObject({ code: "BAD_INPUT", field: "name", max: 48 });
  const mutation = 'mutation { startTranslation(input: { model: "horse2zebra", output: "a/b" }) { id } }';
  expect(await client.refusal(mutation)).toMatchObject({ code: "BAD_INPUT", field: "input.output", max: 48 });
});

test("the gallery gets the sessions that pass its filter", async () => {
  const { client, host } = running;
  const gallery = client.subscribe('subscription { sessions(filter: { titleContains: "harbour" }) { id status title } }');
  const first = gallery.next();
  // The answer to a later operation on the same socket shows that the gallery is subscribed.
  await client.subscribe("{ server { version } }").next();
  await startSession(running, { title: "A forest" });
  const id = await startSession(running, { title: "The Harbour" });
  const heard = [(await first).value.data.sessions];
  await host.claim();
  await host.claim();
  heard.push((await gallery.next()).value.data.sessions);
  await client.query('mutation ($id: ID!) { renameSession(sessionId: $id, title: "Harbour at night") { id } }', { id });
  heard.push((await gallery.next()).value.data.sessions);
  expect(heard).toEqual([
    { id, status: "QUEUED", title: "The Harbour" },
    { id, status: "RUNNING", title: "The Harbour" },
    { id, status: "RUNNING", title: "Harbour at night" },
  ]);
  await gallery.return?.();
});

test("the number of viewers is reported as they come and go", async () => {
  const id = await startSession(running);
  const counts = running.client.subscribe("subscription ($id: ID!) { viewers(id: $id) }", { id });
  const next = async () => (await counts.next()).value.data.viewers;
  expect(await next()).toBe(0);
  const one = watch({ id });
  await one.next();
  expect(await next()).toBe(1);
  const other = watch({ id });
  await other.next();
  expect(await next()).toBe(2);
  const { session } = await running.client.query("query ($id: ID!) { session(id: $id) { viewers } }", { id });
  expect(session.viewers).toBe(2);
  await one.leave();
  expect(await next()).toBe(1);
  await other.leave();
  expect(await next()).toBe(0);
  await counts.return?.();
  await running.host.claim();
  await running.host.end(id, "CANCELLED");
});

test("viewers of an unknown session are refused", async () => {
  const counts = running.client.subscribe("subscription ($id: ID!) { viewers(id: $id) }", { id: "00000000-0000-4000-8000-000000000000" });
  const { value } = await counts.next();
  expect(value.errors[0].extensions).toMatchObject({ code: "NOT_FOUND", field: "id" });
});
