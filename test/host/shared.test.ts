import { afterEach, describe, expect, test } from "vitest";
import type { HostOptions } from "../../server/host/host.js";
import { openEmbeddedQueue } from "../../server/queue/embedded.js";
import type { ClaimedEntry } from "../../server/queue/queue.js";
import { SessionControls } from "../../server/sessions/controls.js";
import { aTranslation } from "../contracts/records.js";
import { FakeModels } from "../helpers/fake-models.js";
import { HostHarness, stepsThrough } from "../helpers/host-harness.js";
import { LossyBus } from "../helpers/lossy-bus.js";
import { until } from "../helpers/until.js";

/** What controls need to steer and resume alone. */
const unused = { models: new FakeModels().sessions, maxSize: () => 1024, admission: {} as never, maxChanges: 1000 };

/** Holds up what waits until it is opened. */
class Gate {
  open: () => void = () => undefined;
  readonly opened = new Promise<void>((resolve) => {
    this.open = resolve;
  });
}

describe("a host that shares its sessions with others", () => {
  const harnesses: HostHarness[] = [];
  async function startHost(options: Partial<HostOptions> = {}): Promise<HostHarness> {
    const host = await HostHarness.start({ isShared: true, lookMs: 50, ...options });
    harnesses.push(host);
    return host;
  }
  afterEach(() => Promise.all(harnesses.splice(0).map((host) => host.close())));

  test("stores the state of its sessions when it closes, up to the last picture", async () => {
    const host = await startHost();
    const id = await host.paint({ steps: 1e6 });
    await host.frame(id, 2);
    await host.host.close();
    const { status, step } = await host.session(id);
    expect(status).toBe("RUNNING");
    expect(await host.checkpointStep(id)).toBe(step);
  });

  test("pauses, steers and ends as the records say when no request reached it", async () => {
    const host = await startHost();
    const ids = [await host.paint({ steps: 1e6 }), await host.paint({ steps: 1e6 }), await host.paint({ steps: 1e6 })];
    const [paused = "", steered = "", deleted = ""] = ids;
    for (const id of ids) await host.frame(id, 1);
    await host.storage.changes.add(steered, { settings: { alpha: 3 }, styles: null }, ["RUNNING"]);
    await host.storage.sessions.update(paused, { status: "PAUSED" });
    await host.storage.sessions.delete(deleted);
    await until(async () => (await host.storage.changes.list(steered)).every(({ step }) => step !== null));
    await host.released(paused);
    await host.released(deleted);
    expect((await host.session(paused)).status).toBe("PAUSED");
    expect((await host.session(steered)).status).toBe("RUNNING");
  });

  test("leaves a painting that grows beyond its memory to another host, with its state and the change", async () => {
    const host = await startHost({ maxSize: () => 512 });
    const id = await host.paint({ steps: 1e6 });
    await host.frame(id, 2);
    await host.grow(id, 512);
    await until(async () => (await host.storage.changes.list(id)).every(({ step }) => step !== null));
    await host.grow(id, 1024);
    await host.steer(id, 3);
    await host.released(id);
    const { status, error, step } = await host.session(id);
    expect([status, error]).toEqual(["RUNNING", null]);
    expect(await host.checkpointStep(id)).toBe(step);
    expect((await host.storage.changes.list(id)).map((change) => change.step === null)).toEqual([false, true, true]);
    // One that has grown before it began is given back too.
    await host.enqueue(id);
    await host.end(await host.paint({ steps: 3 }));
    await host.released(id);
    expect((await host.session(id)).step).toBe(step);
  });

  test("does not begin a painting that has grown since it was claimed, which waits for another host", async () => {
    let id: string | null = null;
    const host = await startHost({
      maxSize: () => 512,
      async locateFeatureModel(path) {
        const claimed = id;
        id = null;
        if (claimed !== null) await host.grow(claimed, 1024);
        return { id: "scripted", path, sha256: "", architecture: { family: "vgg19" } };
      },
    });
    const [grown, next] = [await host.prepare({ steps: 3 }), await host.prepare({ steps: 3 })];
    id = grown;
    // The second one begins when the queue has the first one back.
    for (const sessionId of [grown, next])
      await host.queue.add({ sessionId, ownerId: "ann", kind: "PAINTED", ownerLimit: 1, linkId: null });
    await host.end(next);
    expect(await host.session(grown)).toMatchObject({ status: "QUEUED", startedAt: null, device: null, devices: [], step: -1 });
    const published = host.events.get(grown)?.flatMap((event) => (event.type === "changed" ? [event.session.status] : []));
    expect(published).not.toContain("RUNNING");
  });

  test("gives a session that was paused and resumed between two looks back to the queue, and goes on in its turn", async () => {
    const host = await startHost();
    const id = await host.paint({ steps: 1e6 });
    await host.frame(id, 1);
    await host.storage.sessions.update(id, { status: "PAUSED" });
    await host.resume(id);
    await until(async () => (await host.session(id)).status === "RUNNING");
    expect(await host.queue.list()).toEqual([]);
    await host.frame(id, (await host.session(id)).step + 1);
  });

  test("ends as a client wishes when no request reached it, and the mutation returns the ended session", async () => {
    const host = await startHost();
    const bus = new LossyBus(host.bus);
    bus.lose("control:");
    const { storage, queue } = host;
    const controls = new SessionControls({ ...unused, storage, queue, bus });
    const painting = await host.paint({ steps: 1e6 });
    const live = aTranslation(null, { settings: { model: "{}", family: "OTHER", size: 64, output: null } });
    await storage.sessions.insert(live);
    await host.enqueue(live.id);
    await host.frame(painting, 1);
    await until(async () => (await host.session(live.id)).status === "RUNNING");
    const ended = await Promise.all([controls.cancel(painting), controls.complete(live.id)]);
    expect(ended.map(({ status, wish }) => [status, wish])).toEqual([
      ["CANCELLED", null],
      ["COMPLETED", null],
    ]);
    await host.released(painting);
  });

  test("ends what it takes over as a client wished before, whatever it can run, and paints no more of it", async () => {
    const host = await startHost({ isDownloaded: () => false });
    const id = await host.prepare({ steps: 3 });
    await host.storage.sessions.update(id, { status: "RUNNING", wish: "CANCELLED" });
    await host.enqueue(id);
    expect(await host.end(id)).toMatchObject({ status: "CANCELLED", wish: null, step: -1 });
  });

  test("fails a session that ended five workers in a row", async () => {
    const inner = openEmbeddedQueue();
    const claim = async (...args: Parameters<typeof inner.claim>) => {
      const entry = await inner.claim(...args);
      return entry && { ...entry, takeovers: 5 };
    };
    const host = await startHost({ queue: { ...inner, claim } });
    const id = await host.prepare({ steps: 3 });
    await inner.add({ sessionId: id, ownerId: "ann", kind: "PAINTED", ownerLimit: null, linkId: null });
    expect(await host.end(id)).toMatchObject({ status: "FAILED", error: { code: "DEVICE_LOST" } });
  });

  /** A queue whose claims of the sessions in `losing` are lost when `lost` aborts. */
  function losingQueue(lost: AbortSignal) {
    const inner = openEmbeddedQueue();
    const losing = new Set<string>();
    const queue = {
      ...inner,
      async claim(...args: Parameters<typeof inner.claim>): Promise<ClaimedEntry | null> {
        const entry = await inner.claim(...args);
        return entry && losing.has(entry.sessionId) ? { ...entry, lost } : entry;
      },
    };
    const add = (sessionId: string) => inner.add({ sessionId, ownerId: "ann", kind: "PAINTED", ownerLimit: null, linkId: null });
    return { queue, losing, add };
  }

  test("drops a session whose claim is lost, and writes nothing of it any more", async () => {
    const lost = new AbortController();
    const { queue, losing, add } = losingQueue(lost.signal);
    let arrived = 0;
    const host = await startHost({ queue, maxConcurrent: 1, computed: () => arrived++ });
    const gates = new Map([3, 4].map((step) => [step, new Gate()]));
    host.storage.beforeFrame = async ({ step }) => gates.get(step)?.opened;
    const id = await host.prepare({ steps: 1e6 });
    losing.add(id);
    await add(id);
    // The device waits for the frames 3 and 4, which are not stored yet.
    await until(() => arrived === 5);
    lost.abort();
    // Frame 5 comes after the loss, and before the host has handled that.
    gates.get(3)?.open();
    await until(() => arrived === 6);
    gates.get(4)?.open();
    await host.released(id);
    const dropped = await host.session(id);
    expect(dropped).toMatchObject({ status: "RUNNING", step: 4 });
    // Its place is free once the device has released it.
    const another = await host.prepare({ steps: 3 });
    await add(another);
    await host.end(another);
    expect(await host.session(id)).toEqual(dropped);
    expect([await host.storedSteps(id), host.publishedSteps(id)]).toEqual([stepsThrough(4), stepsThrough(4)]);
  });

  test("does not begin a session whose claim is lost already", async () => {
    const { queue, losing, add } = losingQueue(AbortSignal.abort());
    const host = await startHost({ queue, maxConcurrent: 1 });
    const [id, another] = [await host.prepare({ steps: 3 }), await host.prepare({ steps: 3 })];
    const waiting = await host.session(id);
    losing.add(id);
    for (const sessionId of [id, another]) await add(sessionId);
    await host.end(another);
    expect(await host.session(id)).toEqual(waiting);
  });
});
