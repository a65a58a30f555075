import { expect, test, vi } from "vitest";
import { seededRandom } from "../../../server/art/starting-picture.js";
import { openEmbeddedBus } from "../../../server/bus/embedded.js";
import { LOCAL_OWNER } from "../../../server/records/access.js";
import type { FrameRecord } from "../../../server/records/pictures.js";
import type { StyleTransferRecord } from "../../../server/records/session.js";
import { FrameBroker } from "../../../server/sessions/watch/frame-broker.js";
import { memoryRecentFrames } from "../../../server/storage/embedded/recent-frames.js";
import type { StepRange, Storage } from "../../../server/storage/storage.js";
import { aFrame, aSession } from "../../contracts/records.js";

/** A session that is painted into memory, with waits of any length between its events. */
class Painted {
  readonly faults: unknown[] = [];
  readonly bus = openEmbeddedBus((fault) => this.faults.push(fault));
  readonly frames: FrameRecord[] = [];
  session: StyleTransferRecord = aSession("image", { id: "s", status: "RUNNING" });
  readonly broker: FrameBroker;
  /** The error with which reading frames fails; null while the disk works. */
  failure: Error | null = null;

  constructor(readonly wait: () => Promise<unknown> = async () => undefined) {
    // Only what the broker reads.
    const storage: Pick<Storage, "sessions" | "frames" | "recentFrames" | "blobs"> = {
      recentFrames: memoryRecentFrames(),
      sessions: { ...refusing, find: () => wait().then(() => this.session), load: async () => Promise.reject(new Error("not read")) },
      blobs: refusing,
      frames: {
        ...refusing,
        latest: async () => this.frames.at(-1) ?? null,
        listOf: async ([id = ""], { first }, range) => {
          if (this.failure) throw this.failure;
          const rows = this.within(range);
          await wait();
          return new Map([[id, { rows: rows.slice(0, first), hasNextPage: rows.length > first }]]);
        },
        byteLengthOfOwner: async () => Promise.reject(new Error("not read")),
        countOf: async ([id = ""], range) => new Map([[id, this.within(range).length]]),
      },
    };
    this.broker = new FrameBroker(storage as Storage, this.bus);
  }

  private within({ fromStep = 0 }: StepRange): FrameRecord[] {
    return this.frames.filter(({ step }) => step >= fromStep);
  }

  async paint(step: number): Promise<void> {
    const frame = aFrame("s", step);
    this.frames.push(frame);
    this.session = { ...this.session, step };
    await this.wait();
    await this.bus.publish("session:s", { type: "frame", frame, picture: new Uint8Array() });
  }

  async complete(): Promise<void> {
    this.session = { ...this.session, status: "COMPLETED" };
    await this.wait();
    await this.bus.publish("session:s", { type: "changed", session: this.session });
  }
}

const refuse = async (): Promise<never> => {
  throw new Error("The broker reads nothing else.");
};
const refusing = {
  insert: refuse,
  find: refuse,
  update: refuse,
  suspended: refuse,
  expired: refuse,
  outdated: refuse,
  extend: refuse,
  setVisibility: refuse,
  resume: refuse,
  list: refuse,
  count: refuse,
  listUsing: refuse,
  countUsing: refuse,
  delete: refuse,
  latest: refuse,
  lossesOf: refuse,
  totals: refuse,
  insertBranch: refuse,
  branches: refuse,
  findAll: refuse,
  latestOf: refuse,
  thin: refuse,
  byteLengthOf: refuse,
  largest: refuse,
  put: refuse,
  get: refuse,
};

const latestOnly = { afterStep: null, maxFramesPerSecond: null };

test.each(Array.from({ length: 60 }, (_, seed) => seed))(
  "a viewer that keeps up misses nothing, whenever it comes (seed %i)",
  async (seed) => {
    const random = seededRandom(seed);
    // Random waits let the steps of viewer, painter and storage happen in any order, a different one for each seed.
    const wait = () => new Promise((resolve) => (random() < 0.5 ? setImmediate(resolve) : setTimeout(resolve, random() * 3)));
    const painted = new Painted(wait);
    const stored = Math.floor(random() * 120);
    const last = 150;
    for (let step = 0; step < stored; step++) painted.frames.push(aFrame("s", step));
    const painting = (async () => {
      for (let step = stored; step <= last; step++) await painted.paint(step);
      await painted.complete();
    })();
    await wait();
    const afterStep = Math.floor(random() * stored) - 1;
    const shown: (number | string)[] = [];
    for await (const event of await painted.broker.watch("s", { afterStep, maxFramesPerSecond: null })) {
      if (event.type === "frame") shown.push(event.frame.record.step);
      else shown.push(event.type === "gap" ? "gap" : event.session.status);
    }
    await painting;
    const steps = Array.from({ length: last - afterStep }, (_, index) => afterStep + 1 + index);
    expect(shown).toEqual(["RUNNING", ...steps, "COMPLETED"]);
    expect(painted.broker.viewerCount).toBe(0);
    expect(painted.faults).toEqual([]);
  },
);

test("a slow viewer gets every frame that was kept when it came, and then the newest frame", async () => {
  const painted = new Painted();
  for (let step = 0; step < 200; step++) await painted.paint(step);
  const viewer = await painted.broker.watch("s", { afterStep: -1, maxFramesPerSecond: null });
  const shown: number[] = [];
  // Three frames are painted for each that is read.
  for (let read = 0, step = 200; read < 600; read++) {
    const { value } = await viewer.next();
    if (value.type === "frame") shown.push(value.frame.record.step);
    for (const next = step + 3; step < next; step++) await painted.paint(step);
  }
  expect(shown.slice(0, 200)).toEqual(Array.from({ length: 200 }, (_, step) => step));
  expect(shown.at(-1)).toBeGreaterThan((painted.frames.at(-1)?.step ?? 0) - 10);
  await viewer.return?.();
});

test("counts how late the frames of watched sessions come, and none as early", async () => {
  const painted = new Painted();
  await painted.paint(0);
  const viewer = await painted.broker.watch("s", latestOnly);
  for (const lateMs of [-60_000, 0, 400]) {
    const frame = { ...aFrame("s", 1), createdAt: new Date(Date.now() - lateMs) };
    await painted.bus.publish("session:s", { type: "frame", frame, picture: new Uint8Array() });
  }
  const { count, sumMs, within, limitsMs } = painted.broker.lag;
  expect(count).toBe(3);
  expect(sumMs).toBeGreaterThanOrEqual(400);
  expect(within[limitsMs.indexOf(250)]).toBe(2);
  await viewer.return?.();
});

test("a viewer that waits for a frame can leave at once, and its wait ends", async () => {
  const painted = new Painted();
  const viewer = await painted.broker.watch("s", latestOnly);
  await viewer.next();
  const waiting = viewer.next();
  expect(painted.broker.viewersOf("s")).toBe(1);
  await viewer.return?.();
  expect(painted.broker.viewersOf("s")).toBe(0);
  expect(await waiting).toEqual({ done: true, value: undefined });
  expect(await viewer.next()).toEqual({ done: true, value: undefined });
});

test("a deleted session ends its viewers' subscriptions, even while they wait", async () => {
  const painted = new Painted();
  const viewer = await painted.broker.watch("s", latestOnly);
  await viewer.next();
  const waiting = viewer.next();
  await painted.bus.publish("session:s", { type: "deleted", sessionId: "s", ownerId: LOCAL_OWNER, visibility: "PRIVATE", approval: null });
  expect(await waiting).toEqual({ done: true, value: undefined });
  expect(painted.broker.viewerCount).toBe(0);
});

test("a viewer gets the error when storage fails, and its subscription ends", async () => {
  const painted = new Painted();
  const viewer = await painted.broker.watch("s", { afterStep: -1, maxFramesPerSecond: null });
  await viewer.next();
  painted.failure = new Error("The disk is gone.");
  await expect(viewer.next()).rejects.toThrow("The disk is gone.");
  expect(painted.broker.viewerCount).toBe(0);
});

test("all viewers of a session share one subscription to the bus", async () => {
  const painted = new Painted();
  const asked: string[] = [];
  const { subscribe } = painted.bus;
  painted.bus.subscribe = (topic, listener) => {
    asked.push(topic);
    return subscribe(topic, listener);
  };
  const viewers = await Promise.all([1, 2, 3].map(() => painted.broker.watch("s", latestOnly)));
  expect(asked).toEqual(["session:s"]);
  await Promise.all(viewers.map((viewer) => viewer.return?.()));
  await (await painted.broker.watch("s", latestOnly)).return?.();
  expect(asked).toEqual(["session:s", "session:s"]);
});

test("a viewer that asks for one frame in a thousand years waits for the next, without a timer that Node cannot hold", async () => {
  const painted = new Painted();
  const timers = vi.spyOn(globalThis, "setTimeout");
  const viewer = await painted.broker.watch("s", { ...latestOnly, maxFramesPerSecond: 1e-11 });
  await painted.paint(0);
  expect((await viewer.next()).value?.type).toBe("changed");
  expect((await viewer.next()).value?.type).toBe("frame");
  const next = viewer.next();
  await painted.paint(1);
  await expect.poll(() => timers.mock.calls.length).toBeGreaterThan(0);
  expect(timers.mock.calls.filter(([, delayMs]) => (delayMs ?? 0) > 2 ** 31 - 1)).toEqual([]);
  timers.mockRestore();
  await viewer.return?.();
  expect((await next).done).toBe(true);
});
