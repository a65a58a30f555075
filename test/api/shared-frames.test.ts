import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { SharedFrame } from "../../server/sessions/watch/shared-frame.js";
import { type RunningApp, startApp, startSession } from "../helpers/app.js";
import { until } from "../helpers/until.js";

let running: RunningApp;
beforeAll(async () => {
  running = await startApp();
});
afterAll(async () => {
  expect(running.faults).toEqual([]);
  await running.close();
});

const ALL = `subscription ($id: ID!, $after: Int, $rate: Float, $inline: Boolean) {
  session(id: $id, afterStep: $after, maxFramesPerSecond: $rate, inline: $inline) { ... on Frame { step data losses { total } } } }`;
const WITH_SESSION = "subscription ($id: ID!) { session(id: $id, inline: true) { ... on Frame { step data session { title } } } }";
const STEPS = "subscription ($id: ID!) { session(id: $id) { ... on Frame { step } } }";

interface Received {
  step: number;
  data?: string | null;
  session?: { title: string };
}

/** A viewer's frames, and a promise of its end. */
function watch(query: string, variables: Record<string, unknown>) {
  const frames: Received[] = [];
  let opened: () => void = () => undefined;
  const open = new Promise<void>((resolve) => {
    opened = resolve;
  });
  const ended = (async () => {
    for await (const { data, errors } of running.client.subscribe(query, variables)) {
      if (errors) throw new Error(JSON.stringify(errors));
      opened();
      if (data?.session.step !== undefined) frames.push(data.session);
    }
  })();
  return { frames, open, ended };
}

test("viewers who ask for the same fields share a result, and all others get what they asked for", async () => {
  const id = await startSession(running);
  await running.host.claim();
  await running.host.paint(id, 0);
  const reading = vi.spyOn(SharedFrame.prototype, "base64");
  const viewers = {
    inline: watch(ALL, { id, inline: true }),
    replayed: watch(ALL, { id, inline: true, after: -1 }),
    slow: watch(ALL, { id, inline: true, rate: 1000 }),
    plain: watch(ALL, { id, inline: false }),
    steps: watch(STEPS, { id }),
  };
  await until(() => Object.values(viewers).every(({ frames }) => frames.length === 1));
  reading.mockClear();
  await running.host.paint(id, 1);
  await until(() => Object.values(viewers).every(({ frames }) => frames.length === 2));
  expect(reading).toHaveBeenCalledTimes(1);
  await running.host.end(id, "COMPLETED");
  for (const { ended } of Object.values(viewers)) await ended;

  const data = Buffer.from(`${id} 1`).toString("base64");
  const whole = { step: 1, losses: { total: 50 } };
  for (const name of ["inline", "replayed", "slow"] as const) expect(viewers[name].frames.at(-1)).toEqual({ ...whole, data });
  expect(viewers.plain.frames.at(-1)).toEqual({ ...whole, data: null });
  expect(viewers.steps.frames.at(-1)).toEqual({ step: 1 });
  reading.mockRestore();
});

test("viewers share nothing when one sends null and the other leaves the default", async () => {
  const id = await startSession(running);
  await running.host.claim();
  const query = `subscription ($id: ID!, $inline: Boolean = true) { session(id: $id, inline: $inline) { ... on Frame { step data } } }`;
  const [none, whole] = [watch(query, { id, inline: null }), watch(query, { id })];
  await Promise.all([none.open, whole.open]);
  await running.host.paint(id, 0);
  await until(() => [none, whole].every(({ frames }) => frames.length === 1));
  await running.host.end(id, "COMPLETED");
  await Promise.all([none.ended, whole.ended]);
  expect(none.frames).toEqual([{ step: 0, data: null }]);
  expect(whole.frames).toEqual([{ step: 0, data: Buffer.from(`${id} 0`).toString("base64") }]);
});

test("operations of one socket share results too, each under its own id", async () => {
  const id = await startSession(running);
  await running.host.claim();
  const viewers = Array.from({ length: 5 }, () => watch(ALL, { id, inline: true }));
  await Promise.all(viewers.map(({ open }) => open));
  for (let step = 0; step < 20; step++) {
    await running.host.paint(id, step);
    await until(() => viewers.every(({ frames }) => frames.at(-1)?.step === step));
  }
  await running.host.end(id, "COMPLETED");
  for (const { frames, ended } of viewers) {
    await ended;
    expect(frames.map(({ step, data }) => [step, data])).toEqual(
      Array.from({ length: 20 }, (_, step) => [step, Buffer.from(`${id} ${step}`).toString("base64")]),
    );
  }
});

test("a frame's session may change before the frame is delivered, so each viewer reads it anew", async () => {
  const id = await startSession(running, { title: "a title" });
  await running.host.claim();
  const viewers = [watch(WITH_SESSION, { id }), watch(WITH_SESSION, { id })];
  await Promise.all(viewers.map(({ open }) => open));
  const reading = vi.spyOn(SharedFrame.prototype, "base64");
  await running.host.paint(id, 0);
  await until(() => viewers.every(({ frames }) => frames.length === 1));
  expect(reading).toHaveBeenCalledTimes(2);
  reading.mockRestore();
  await running.host.end(id, "COMPLETED");
  for (const { frames, ended } of viewers) {
    await ended;
    expect(frames).toEqual([{ step: 0, data: Buffer.from(`${id} 0`).toString("base64"), session: { title: "a title" } }]);
  }
});
