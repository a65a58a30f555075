import { expect, onTestFinished, test } from "vitest";
import type { LiveMessage } from "../../server/bus/bus.js";
import type { HostOptions } from "../../server/host/host.js";
import type { TranslationRecord } from "../../server/records/session.js";
import { aTranslation } from "../contracts/records.js";
import { HostHarness } from "../helpers/host-harness.js";
import type { PainterScript } from "../helpers/scripted-painters.js";

async function startHost(options: Partial<HostOptions> = {}): Promise<HostHarness> {
  const harness = await HostHarness.start(options);
  onTestFinished(() => harness.close());
  return harness;
}

/** A live translation by `script` that runs, and what is said of the fate of its frames. */
async function startLive(host: HostHarness, script: Partial<PainterScript> = {}) {
  const session = aTranslation(null);
  session.settings.model = JSON.stringify({ steps: 1e9, ...script });
  await host.storage.sessions.insert(session);
  const { id } = session;
  const said: LiveMessage[] = [];
  await host.bus.subscribe(`live:${id}`, (message) => {
    if (message.type === "receipt" || message.type === "refused") said.push(message);
  });
  await host.enqueue(id);
  await host.event(id, (event) => event.type === "changed" && event.session.status === "RUNNING");
  const offer = (step: number, picture = Uint8Array.of(100), superseded = 0) =>
    host.bus.publish(`live:${id}`, { type: "offer", step, picture, superseded });
  const record = async () => (await host.session(id)) as TranslationRecord;
  return { id, said, offer, record, cancel: () => host.bus.publish(`control:${id}`, { type: "cancel" }) };
}

test("a frame is accepted, translated, kept in the ring and shown; nothing is stored yet", async () => {
  const host = await startHost();
  const live = await startLive(host);
  await live.offer(4);
  await host.frame(live.id, 4);
  expect(live.said).toEqual([{ type: "receipt", step: 4, status: "ACCEPTED", credit: 1 }]);
  expect((await host.storage.recentFrames.latest(live.id))?.step).toBe(4);
  expect(await host.storedSteps(live.id)).toEqual([]);
});

test("only the newest of frames that come too fast is translated; the result of each is reported, and all are counted", async () => {
  const host = await startHost();
  const live = await startLive(host, { blockMs: 30 });
  for (let step = 0; step < 6; step++) await live.offer(step, Uint8Array.of(step), step === 0 ? 2 : 0);
  await host.frame(live.id, 5);
  const statuses = live.said.flatMap((message) => (message.type === "receipt" ? [[message.step, message.status]] : []));
  expect(statuses.map(([step]) => step).sort()).toEqual([0, 1, 2, 3, 4, 5]);
  expect(statuses.at(-1)).toEqual([5, "ACCEPTED"]);
  await live.cancel();
  await host.end(live.id);
  const { framesTranslated, framesDropped } = await live.record();
  expect(framesTranslated + framesDropped).toBe(8);
});

test("a live translation beyond the places for them waits in the queue, and starts when one is free; paintings pass it", async () => {
  const host = await startHost({ maxLive: 1 });
  const first = await startLive(host);
  const waiting = aTranslation(null);
  waiting.settings.model = JSON.stringify({ steps: 1e9 });
  await host.storage.sessions.insert(waiting);
  await host.enqueue(waiting.id);
  await host.end(await host.paint({ steps: 1 }));
  expect(await host.queue.position(waiting.id)).toBe(1);
  const started = host.event(waiting.id, (event) => event.type === "changed" && event.session.status === "RUNNING");
  await first.cancel();
  await started;
  expect(await host.queue.position(waiting.id)).toBeNull();
});

test("a live translation beyond those of its owner waits, and starts when one of them ends", async () => {
  const host = await startHost();
  const first = await startLive(host);
  const waiting = aTranslation(null);
  waiting.settings.model = JSON.stringify({ steps: 1e9 });
  await host.storage.sessions.insert(waiting);
  await host.enqueue(waiting.id, 1);
  await host.end(await host.paint({ steps: 1 }));
  expect(await host.queue.position(waiting.id)).toBe(1);
  const started = host.event(waiting.id, (event) => event.type === "changed" && event.session.status === "RUNNING");
  await first.cancel();
  await started;
});

test("a frame that is not a picture is refused, and the session continues", async () => {
  const host = await startHost();
  const live = await startLive(host);
  await live.offer(0, new Uint8Array());
  await expect.poll(() => live.said).toMatchObject([{ type: "refused", step: 0, code: "BAD_INPUT" }]);
  await live.offer(1);
  await host.frame(live.id, 1);
});

test("when the client vanishes, the session completes after the grace period, its last picture is kept, and the device is free", async () => {
  const host = await startHost({ liveGraceMs: 300, maxConcurrent: 1 });
  const live = await startLive(host);
  await live.offer(0);
  await live.offer(1);
  expect((await host.end(live.id)).status).toBe("COMPLETED");
  expect(await host.storedSteps(live.id)).toHaveLength(1);
  await expect.poll(() => host.storage.recentFrames.latest(live.id)).toBeNull();
  expect((await host.end(await host.paint({ steps: 1 }))).status).toBe("COMPLETED");
});

test("time in which a frame is on the device does not count as silence of the client", async () => {
  const host = await startHost({ liveGraceMs: 100 });
  const live = await startLive(host, { blockMs: 1000 });
  await live.offer(0);
  await host.frame(live.id, 0);
  expect((await host.end(live.id)).status).toBe("COMPLETED");
});

test("ended sessions leave no listener behind", async () => {
  const warnings: Error[] = [];
  const hear = (warning: Error) => warnings.push(warning);
  process.on("warning", hear);
  onTestFinished(() => void process.off("warning", hear));
  const host = await startHost();
  for (let number = 0; number < 12; number++) {
    const live = await startLive(host);
    await live.cancel();
    await host.end(live.id);
  }
  await new Promise((resolve) => setImmediate(resolve));
  expect(warnings.filter(({ name }) => name === "MaxListenersExceededWarning")).toEqual([]);
});

test("a model that fails ends only its own session, with the reason", async () => {
  const host = await startHost();
  const bad = await startLive(host, { throwAt: { step: 0, code: "UNAVAILABLE" } });
  const good = await startLive(host);
  await bad.offer(0);
  expect(await host.end(bad.id)).toMatchObject({ status: "FAILED", error: { code: "UNAVAILABLE" } });
  await good.offer(0);
  await host.frame(good.id, 0);
});

test("a frame whose device dies is translated by the next one", async () => {
  const host = await startHost();
  // Each life dies at its third picture.
  const live = await startLive(host, { crashAfter: 2 });
  for (let step = 0; step < 2; step++) {
    await live.offer(step);
    await host.frame(live.id, step);
  }
  await live.offer(2);
  await host.frame(live.id, 2);
  await live.offer(3);
  await host.frame(live.id, 3);
  await live.cancel();
  expect((await host.end(live.id)).status).toBe("CANCELLED");
  expect(await live.record()).toMatchObject({ framesTranslated: 4, framesDropped: 0 });
  expect(live.said.filter((message) => message.type === "receipt" && message.step === 2)).toHaveLength(1);
});

test("a frame that kills each device is dropped after the second, and the session continues", async () => {
  const host = await startHost();
  const live = await startLive(host, { crashOn: 7 });
  await live.offer(0);
  await host.frame(live.id, 0);
  await live.offer(1, Uint8Array.of(7));
  await expect.poll(() => host.log.filter((line) => line.includes("started again")).length).toBe(2);
  await live.offer(2);
  await host.frame(live.id, 2);
  await live.cancel();
  await host.end(live.id);
  expect(await live.record()).toMatchObject({ framesTranslated: 2, framesDropped: 1 });
});
