import { openEmbeddedBus } from "../../server/bus/embedded.js";
import type { DeviceProcessOptions } from "../../server/host/device-process.js";
import { Host, type HostOptions } from "../../server/host/host.js";
import { toStderr } from "../../server/processes/child-output.js";
import { openEmbeddedQueue } from "../../server/queue/embedded.js";
import type { FrameRecord } from "../../server/records/pictures.js";
import type { SessionEvent, SessionRecord } from "../../server/records/session.js";
import { queueEntry } from "../../server/sessions/queue-entry.js";
import { isFinal } from "../../server/sessions/status.js";
import { anImage, aSession, aTranslation } from "../contracts/records.js";
import { ProbedStorage } from "./probed-storage.js";
import { type PainterScript, scriptedForm } from "./scripted-painters.js";
import { openTemporaryStorage, pictureCount, type TemporaryStorage } from "./temporary-storage.js";
import { until } from "./until.js";

/** A device process of tests as it is built where the server is (scripts/build-devices.mjs); else its source. */
export function deviceOfTests(source: URL): URL {
  const built = source.href.replace("/test/helpers/", "/dist/test/helpers/").replace(/\.ts$/, ".js");
  return process.env.TEST_BUILT_SERVER === "1" ? new URL(built) : source;
}

/** A device process that paints by script, and short time limits. */
export const scriptedDevice = {
  device: "cpu",
  isLast: true,
  isTested: true,
  entry: deviceOfTests(new URL("./scripted-device.ts", import.meta.url)),
  startTimeoutMs: 60_000,
  pingIntervalMs: 10_000,
  silence: { floorMs: 60_000, ceilingMs: 60_000 },
  heartbeatMs: 60_000,
  execArgv: [],
  output: toStderr,
} as const satisfies DeviceProcessOptions;

/** A real host with a real device process and its own storage, and actions for tests. */
export class HostHarness {
  readonly events = new Map<string, SessionEvent[]>();
  readonly log: string[] = [];

  private constructor(
    private readonly stored: TemporaryStorage,
    readonly storage: ProbedStorage,
    readonly bus: ReturnType<typeof openEmbeddedBus>,
    readonly queue: ReturnType<typeof openEmbeddedQueue>,
    private current: Host | null,
  ) {}

  static async start(options: Partial<HostOptions> = {}): Promise<HostHarness> {
    const stored = await openTemporaryStorage();
    const parts = { storage: new ProbedStorage(stored.storage), bus: openEmbeddedBus(fail), queue: openEmbeddedQueue() };
    const harness = new HostHarness(stored, parts.storage, parts.bus, parts.queue, null);
    harness.current = Host.start({
      ...parts,
      locateFeatureModel: async (id) => ({ id: "scripted", path: id, sha256: "", architecture: { family: "vgg19" } }),
      locateTranslator: async (id) => ({ id: "scripted", path: id, sha256: "", architecture: null, form: scriptedForm }),
      isDownloaded: () => true,
      device: scriptedDevice,
      log: (line) => harness.log.push(line),
      ...options,
    });
    return harness;
  }

  get host(): Host {
    if (!this.current) throw new Error("The host is not started.");
    return this.current;
  }

  /** Queues a session that is painted by `script`; returns its id. */
  async paint(script: PainterScript, kind?: SessionRecord["kind"]): Promise<string> {
    const id = await this.prepare(script, kind);
    await this.enqueue(id);
    return id;
  }

  /** Queues a stored session. */
  async enqueue(sessionId: string, livePlaces: number | null = null): Promise<void> {
    await this.queue.add(queueEntry(await this.session(sessionId), { PAINTED: null, LIVE: livePlaces, linkId: null }));
  }

  /** A session that is stored and not yet in the queue. */
  async prepare(script: PainterScript, kind: SessionRecord["kind"] = "STYLE_TRANSFER"): Promise<string> {
    const image = await this.storage.images.insert(anImage({ digest: await this.storage.blobs.put(Uint8Array.of(1, 2, 3)) }));
    const session = kind === "STYLE_TRANSFER" ? aSession(image.id) : aTranslation(image.id);
    session.settings.model = JSON.stringify(script);
    await this.storage.sessions.insert(session);
    const events: SessionEvent[] = [];
    this.events.set(session.id, events);
    await this.bus.subscribe(`session:${session.id}`, (event) => events.push(event));
    return session.id;
  }

  /** Resolves with the first event of a session, past or future, that `wanted` accepts. */
  async event(sessionId: string, wanted: (event: SessionEvent) => boolean): Promise<SessionEvent> {
    const past = this.events.get(sessionId)?.find(wanted);
    if (past) return past;
    return new Promise((resolve) => {
      const subscription = this.bus.subscribe(`session:${sessionId}`, (event) => {
        if (!wanted(event)) return;
        resolve(event);
        void subscription.then((unsubscribe) => unsubscribe());
      });
    });
  }

  /** Resolves when a session's frame of `step` was published. */
  async frame(sessionId: string, step: number): Promise<void> {
    await this.event(sessionId, (event) => event.type === "frame" && event.frame.step === step);
  }

  /** Resolves with a session's record when it is in a final status. */
  async end(sessionId: string): Promise<SessionRecord> {
    const event = await this.event(sessionId, (candidate) => candidate.type === "changed" && isFinal(candidate.session.status));
    if (event.type !== "changed") throw new Error("This is no change.");
    return event.session;
  }

  /** Steers as a client does: the change is recorded, then published. */
  async steer(sessionId: string, alpha: number): Promise<void> {
    await this.storage.changes.add(sessionId, { settings: { alpha }, styles: null }, ["QUEUED", "RUNNING", "PAUSED"]);
    await this.bus.publish(`control:${sessionId}`, { type: "steer" });
  }

  /** Has a painting grow, as a client does. */
  async grow(sessionId: string, size: number): Promise<void> {
    await this.storage.changes.add(sessionId, { settings: { size }, styles: null }, ["QUEUED", "RUNNING", "PAUSED"]);
    await this.bus.publish(`control:${sessionId}`, { type: "steer" });
  }

  /** Pauses as a client does. */
  async pause(sessionId: string): Promise<void> {
    const paused = await this.storage.sessions.update(sessionId, { status: "PAUSED" }, ["QUEUED", "RUNNING"]);
    if (!paused) throw new Error("The session cannot be paused.");
    await this.bus.publish(`control:${sessionId}`, { type: "pause" });
  }

  /** Resumes as a client does. */
  async resume(sessionId: string): Promise<void> {
    await this.storage.sessions.update(sessionId, { status: "QUEUED" }, ["PAUSED"]);
    await this.enqueue(sessionId);
  }

  /** Resolves when the device has released a session. */
  async released(sessionId: string): Promise<void> {
    await until(() => !this.host.devices()[0]?.sessionIds.includes(sessionId));
  }

  /** The session as it is stored. */
  async session(sessionId: string): Promise<SessionRecord> {
    const session = await this.storage.sessions.find(sessionId);
    if (!session) throw new Error("The session is gone.");
    return session;
  }

  /** Stored frames of a session, oldest first. */
  async frames(sessionId: string): Promise<FrameRecord[]> {
    return (await this.storage.frames.list(sessionId, { first: 1e6, after: null }, {})).rows;
  }

  async storedSteps(sessionId: string): Promise<number[]> {
    return (await this.frames(sessionId)).map(({ step }) => step);
  }

  /** Step of a session's newest checkpoint; null when there is none. */
  async checkpointStep(sessionId: string): Promise<number | null> {
    return (await this.storage.checkpoints.get(sessionId, 1e9))?.step ?? null;
  }

  pictureCount(): Promise<number> {
    return pictureCount(this.stored.folder);
  }

  publishedSteps(sessionId: string): number[] {
    return (this.events.get(sessionId) ?? []).flatMap((event) => (event.type === "frame" ? [event.frame.step] : []));
  }

  async close(): Promise<void> {
    await this.host.close();
    await this.queue.close();
    await this.bus.close();
    await this.stored.close();
  }
}

/** 0, 1, ..., `last` */
export function stepsThrough(last: number): number[] {
  return Array.from({ length: last + 1 }, (_, step) => step);
}

function fail(error: unknown): never {
  throw error;
}
