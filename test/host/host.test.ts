import { describe, expect, onTestFinished, test } from "vitest";
import { MAX_UNACKNOWLEDGED } from "../../server/device/messages.js";
import { AtelierError, PictureUnreadable, StorageUnavailable } from "../../server/errors.js";
import type { HostOptions } from "../../server/host/host.js";
import type { WorkModels } from "../../server/host/work.js";
import { SessionControls } from "../../server/sessions/controls.js";
import { HostHarness, stepsThrough } from "../helpers/host-harness.js";
import { until } from "../helpers/until.js";

async function startHost(options: Partial<HostOptions> = {}): Promise<HostHarness> {
  const harness = await HostHarness.start(options);
  onTestFinished(() => harness.close());
  return harness;
}

describe("a host", () => {
  test("paints a session from queued to completed, with every step in history and on the bus", async () => {
    const host = await startHost();
    const id = await host.paint({ steps: 12 });
    const session = await host.end(id);
    expect(session).toMatchObject({ status: "COMPLETED", step: 12, device: "fake", error: null });
    expect(session.finishedAt!.getTime()).toBeGreaterThanOrEqual(session.startedAt!.getTime());
    expect(await host.storedSteps(id)).toEqual(stepsThrough(12));
    const events = host.events.get(id)!.map((event) => (event.type === "changed" ? event.session.status : event.type));
    expect(events).toEqual(["RUNNING", ...stepsThrough(12).map(() => "frame"), "COMPLETED"]);
    expect(await host.checkpointStep(id)).not.toBeNull();
  });

  test("says how long its device computed for each frame", async () => {
    const frames: unknown[] = [];
    const host = await startHost({ computed: (frame) => frames.push(frame) });
    await host.end(await host.paint({ steps: 3 }));
    expect(frames).toEqual(stepsThrough(3).map(() => ({ device: "fake", kind: "PAINTED", computeMs: expect.any(Number) })));
  });

  test("publishes a frame only after its picture and row are stored", async () => {
    const host = await startHost();
    const id = await host.prepare({ steps: 5 });
    const storedWhenPublished: boolean[] = [];
    await host.bus.subscribe(`session:${id}`, (event) => {
      if (event.type === "frame") storedWhenPublished.push(host.storage.holds(event.frame));
    });
    await host.enqueue(id);
    await host.end(id);
    expect(storedWhenPublished).toEqual(stepsThrough(5).map(() => true));
  });

  test("notifies galleries of sessions that begin and end", async () => {
    const host = await startHost();
    const id = await host.prepare({ steps: 1 });
    const heard: string[] = [];
    await host.bus.subscribe("sessions", (event) => heard.push(event.type === "changed" ? event.session.status : event.type));
    await host.enqueue(id);
    await host.end(id);
    expect(heard).toEqual(["RUNNING", "COMPLETED"]);
  });

  test("lists the sessions that take turns on its device, and admits only as many as there are places", async () => {
    const host = await startHost({ maxConcurrent: 2 });
    const [first, second, third] = [await host.paint({ steps: 1e6 }), await host.paint({ steps: 1e6 }), await host.paint({ steps: 2 })];
    await host.frame(second, 3);
    expect(host.host.ready).toBe(true);
    expect(host.host.devices()).toMatchObject([
      { name: "fake", engine: "scripted", description: "paints by script", sessionIds: [first, second] },
    ]);
    expect(await host.queue.position(third)).toBe(1);
    await host.bus.publish(`control:${first}`, { type: "cancel" });
    expect((await host.end(third)).status).toBe("COMPLETED");
  });

  test("lets all sessions on its device evolve step by step", async () => {
    const host = await startHost();
    const ids = [
      await host.paint({ steps: 30, blockMs: 2 }),
      await host.paint({ steps: 30, blockMs: 2 }),
      await host.paint({ steps: 30, blockMs: 2 }),
    ];
    await Promise.all(ids.map((id) => host.end(id)));
    const order = host.storage.storedFrames.map((frame) => ids.indexOf(frame.sessionId));
    const together = order.slice(order.indexOf(2), order.lastIndexOf(order[0]!) + 1);
    // Frames of different sessions are stored concurrently, so on a busy machine one may wait for a few of another.
    const done = [0, 0, 0];
    const spreads = together.map((session) => {
      done[session]!++;
      return Math.max(...done) - Math.min(...done);
    });
    expect(Math.max(...spreads)).toBeLessThanOrEqual(10);
    for (const id of ids) expect(await host.storedSteps(id)).toEqual(stepsThrough(30));
  });

  test("cancels a running session: nothing is stored or published after that", async () => {
    const host = await startHost();
    const id = await host.paint({ steps: 1e6 });
    await host.frame(id, 3);
    await host.bus.publish(`control:${id}`, { type: "cancel" });
    expect(await host.end(id)).toMatchObject({ status: "CANCELLED", error: null });
    const stored = await host.storedSteps(id);
    expect((await host.end(await host.paint({ steps: 20 }))).status).toBe("COMPLETED");
    expect(await host.storedSteps(id)).toEqual(stored);
    expect(host.events.get(id)!.at(-1)).toMatchObject({ type: "changed", session: { status: "CANCELLED" } });
  });

  test("ignores a session that was cancelled before it was claimed", async () => {
    const host = await startHost();
    const id = await host.prepare({ steps: 5 });
    await host.storage.sessions.update(id, { status: "CANCELLED" });
    await host.enqueue(id);
    await host.end(await host.paint({ steps: 3 }));
    expect(await host.storedSteps(id)).toEqual([]);
    expect(host.host.devices()[0]!.sessionIds).toEqual([]);
  });

  test("drops the frames of a session that was deleted, and frees its place", async () => {
    const host = await startHost({ maxConcurrent: 1 });
    const id = await host.paint({ steps: 1e6 });
    await host.frame(id, 2);
    for (const digest of (await host.storage.sessions.delete(id)) ?? []) await host.storage.blobs.delete(digest);
    expect((await host.end(await host.paint({ steps: 3 }))).status).toBe("COMPLETED");
    expect(await host.storedSteps(id)).toEqual([]);
    expect(host.host.devices()[0]!.sessionIds).toEqual([]);
    // The picture that both sessions began from, and the four frames of the second one.
    await expect.poll(() => host.pictureCount()).toBe(1 + 4);
  });

  test("fails only the session whose painter throws, with its typed error", async () => {
    const host = await startHost();
    const [bad, good] = [await host.paint({ steps: 9, throwAt: { step: 4, code: "OUT_OF_MEMORY" } }), await host.paint({ steps: 9 })];
    expect(await host.end(bad)).toMatchObject({ status: "FAILED", error: { code: "OUT_OF_MEMORY", message: "As scripted." }, step: 3 });
    expect(await host.end(good)).toMatchObject({ status: "COMPLETED" });
  });

  test("fails a session whose model is missing before it runs", async () => {
    const locateFeatureModel = async () => {
      throw new AtelierError("UNAVAILABLE", "The model is not here.");
    };
    const host = await startHost({ locateFeatureModel });
    const session = await host.end(await host.paint({ steps: 3 }));
    expect(session).toMatchObject({ status: "FAILED", startedAt: null, error: { code: "UNAVAILABLE", message: "The model is not here." } });
  });

  test("a session stays queued while its model is downloaded, and others overtake it", async () => {
    let fetched: () => void = () => undefined;
    const fetching = new Promise<void>((resolve) => {
      fetched = resolve;
    });
    const slow = JSON.stringify({ steps: 4 });
    const locateFeatureModel: WorkModels["locateFeatureModel"] = async (path) => {
      if (path === slow) await fetching;
      return { id: "scripted", path, sha256: "", architecture: { family: "vgg19" } };
    };
    const host = await startHost({ locateFeatureModel });
    const waiting = await host.paint({ steps: 4 });
    await host.end(await host.paint({ steps: 5 }));
    expect((await host.session(waiting)).status).toBe("QUEUED");
    fetched();
    expect((await host.end(waiting)).status).toBe("COMPLETED");
  });

  test("a full disk pauses the affected session with a clear reason until there is room; others continue", async () => {
    const host = await startHost({ suspendedRetryMs: 10 });
    const unlucky = await host.prepare({ steps: 12 });
    let full = true;
    host.storage.space.obstacle = async () => (full ? "The disk is full." : null);
    host.storage.beforeFrame = async ({ sessionId, step }) => {
      if (full && sessionId === unlucky && step === 5) throw new StorageUnavailable("The disk is full.");
    };
    await host.enqueue(unlucky);
    const lucky = await host.paint({ steps: 30 });
    await host.event(unlucky, (event) => event.type === "changed" && event.session.status === "PAUSED");
    expect(await host.session(unlucky)).toMatchObject({
      status: "PAUSED",
      finishedAt: null,
      step: 4,
      error: { code: "UNAVAILABLE", message: "The disk is full." },
    });
    expect((await host.end(lucky)).status).toBe("COMPLETED");
    await host.released(unlucky);
    expect(host.publishedSteps(unlucky)).toEqual(stepsThrough(4));
    full = false;
    expect(await host.end(unlucky)).toMatchObject({ status: "COMPLETED", error: null });
    expect(host.publishedSteps(unlucky)).toEqual(stepsThrough(12));
  });

  test("a session whose pictures cannot be read now waits until they can", async () => {
    const host = await startHost({ suspendedRetryMs: 10 });
    let isAway = true;
    host.storage.space.obstacle = async () => (isAway ? "The store is away." : null);
    const { get } = host.storage.blobs;
    host.storage.blobs.get = async (digest) => {
      if (isAway) throw new PictureUnreadable("This picture cannot be read.", new StorageUnavailable("The store is away."));
      return get(digest);
    };
    const id = await host.paint({ steps: 3 });
    await host.event(id, (event) => event.type === "changed" && event.session.status === "PAUSED");
    expect(await host.session(id)).toMatchObject({
      startedAt: null,
      error: { code: "UNAVAILABLE", message: "This picture cannot be read." },
    });
    isAway = false;
    expect((await host.end(id)).status).toBe("COMPLETED");
  });

  test.each(["PAUSED", "CANCELLED"] as const)("a session that a user has %s on a full disk is not resumed", async (status) => {
    const host = await startHost({ suspendedRetryMs: 10 });
    let full = true;
    host.storage.space.obstacle = async () => (full ? "The disk is full." : null);
    const [left, other] = [await host.prepare({ steps: 8 }), await host.prepare({ steps: 8 })];
    host.storage.beforeFrame = async ({ step }) => {
      if (full && step === 3) throw new StorageUnavailable("The disk is full.");
    };
    for (const id of [left, other]) {
      await host.enqueue(id);
      await host.event(id, (event) => event.type === "changed" && event.session.status === "PAUSED");
    }
    const { storage, queue, bus } = host;
    const controls = new SessionControls({
      storage,
      queue,
      bus,
      models: {} as never,
      maxSize: () => 64,
      admission: {} as never,
      maxChanges: 10,
    });
    expect(await (status === "PAUSED" ? controls.pause(left) : controls.cancel(left))).toMatchObject({ status, error: null });
    full = false;
    expect((await host.end(other)).status).toBe("COMPLETED");
    expect(await host.session(left)).toMatchObject({ status, step: 2 });
  });

  test("a session that an earlier server suspended is resumed", async () => {
    const host = await startHost({ suspendedRetryMs: 2000 });
    const { suspended } = host.storage.sessions;
    let isThere = (): void => undefined;
    const there = new Promise<void>((resolve) => {
      isThere = resolve;
    });
    // The host looks for suspended sessions once; on a slow machine it would look before this one is stored.
    host.storage.sessions.suspended = () => there.then(suspended);
    const id = await host.prepare({ steps: 3 });
    const error = { code: "UNAVAILABLE", message: "The disk is full." } as const;
    await host.storage.sessions.update(id, { status: "PAUSED", error });
    isThere();
    expect((await host.end(id)).status).toBe("COMPLETED");
  });

  test("an end that cannot be stored yet is stored and published later", async () => {
    const host = await startHost();
    const id = await host.prepare({ steps: 3 });
    const { update } = host.storage.sessions;
    let refusals = 2;
    host.storage.sessions.update = async (sessionId, patch, from) => {
      if (patch.status === "COMPLETED" && refusals-- > 0) throw new AtelierError("UNAVAILABLE", "The disk is full.");
      return update(sessionId, patch, from);
    };
    await host.enqueue(id);
    expect((await host.end(id)).status).toBe("COMPLETED");
    expect(refusals).toBe(-1);
  });

  test("a slow disk delays only its own session, whose frames on the way stay within the limit", async () => {
    const host = await startHost();
    const slow = await host.prepare({ steps: 1e6, computeMs: 0 });
    let open: () => void = () => undefined;
    const gate = new Promise<void>((resolve) => {
      open = resolve;
    });
    host.storage.beforeFrame = ({ sessionId }) => (sessionId === slow ? gate : Promise.resolve());
    await host.enqueue(slow);
    await host.end(await host.paint({ steps: 40, computeMs: 0 }));
    expect(await host.storedSteps(slow)).toEqual([]);
    // The device is killed, and the frames that it had sent are stored.
    const closing = host.host.close();
    open();
    await closing;
    expect(await host.storedSteps(slow)).toHaveLength(MAX_UNACKNOWLEDGED);
  });

  test("closes during a session: the device ends, and the session is left to recovery", async () => {
    const host = await startHost();
    const id = await host.paint({ steps: 1e6 });
    await host.frame(id, 2);
    const { pid } = host.host.devices()[0]!;
    await host.host.close();
    expect(() => process.kill(pid!, 0)).toThrow();
    expect((await host.session(id)).status).toBe("RUNNING");
    expect(host.publishedSteps(id)).toEqual(await host.storedSteps(id));
    expect(await host.checkpointStep(id)).not.toBeNull();
  });

  test("closes after the last checkpoint is written", async () => {
    const host = await startHost();
    const writes: (() => void)[] = [];
    let written = 0;
    const { put } = host.storage.checkpoints;
    host.storage.checkpoints.put = async (id, step, bytes) => {
      await new Promise<void>((finish) => writes.push(finish));
      await put(id, step, bytes);
      written++;
    };
    await host.paint({ steps: 1e6 });
    await until(() => writes.length > 0);
    let closed = false;
    const closing = host.host.close().then(() => {
      closed = true;
    });
    await until(() => host.host.devices().length === 0);
    expect(closed).toBe(false);
    // A checkpoint that waited for the first one begins to be written now.
    await until(() => {
      for (const finish of writes) finish();
      return closed;
    });
    await closing;
    expect(written).toBe(writes.length);
  });
});
