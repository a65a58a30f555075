import type { Bus } from "../../server/bus/bus.js";
import { publishChange } from "../../server/bus/bus.js";
import type { Queue } from "../../server/queue/queue.js";
import type { FrameRecord } from "../../server/records/pictures.js";
import type { SessionRecord, SessionStatus } from "../../server/records/session.js";
import { statusesBefore } from "../../server/sessions/status.js";
import type { SessionPatch, Storage } from "../../server/storage/storage.js";

/** Runs sessions when a test says so: stores and publishes as a host does, and paints nothing. */
export class FakeHost {
  private readonly hosted = new Set<string>();
  /** Ends the subscriptions to what clients ask of a session, by its id. */
  private readonly heard = new Map<string, () => Promise<void>>();

  constructor(private readonly parts: { storage: Storage; bus: Bus; queue: Queue }) {}

  /** The sessions that it claimed and that have not ended. */
  get sessionIds(): string[] {
    return [...this.hosted];
  }

  /** Takes the next session out of the queue and begins to run it. */
  async claim(): Promise<string> {
    const entry = await this.parts.queue.claim(AbortSignal.timeout(5000));
    if (!entry) throw new Error("No session waits.");
    const id = entry.sessionId;
    await this.host(id);
    await this.change(id, "RUNNING", { startedAt: new Date(), device: "fake", devices: [{ device: "fake", fromStep: 0 }] });
    return id;
  }

  /** Begins to run a session that ran before, as after a restart. */
  async takeUp(): Promise<void> {
    const entry = await this.parts.queue.claim(AbortSignal.timeout(5000));
    if (entry) await this.host(entry.sessionId);
  }

  /** Stores and publishes one frame; its losses fall with the step. */
  async paint(
    sessionId: string,
    step: number,
    picture: Uint8Array = new TextEncoder().encode(`${sessionId} ${step}`),
  ): Promise<FrameRecord> {
    const { storage, bus } = this.parts;
    const loss = 100 / (step + 1);
    const frame: FrameRecord = {
      sessionId,
      step,
      digest: await storage.blobs.put(picture),
      width: 64,
      height: 48,
      mimeType: "image/png",
      byteLength: picture.byteLength,
      losses: { total: loss, content: loss, style: 0, tv: 0, layers: [{ layer: "conv4_2", term: "CONTENT", value: loss }] },
      computeMs: 1,
      createdAt: new Date(),
    };
    await storage.frames.insert(frame);
    await bus.publish(`session:${sessionId}`, { type: "frame", frame, picture });
    return frame;
  }

  async end(sessionId: string, status: SessionStatus): Promise<void> {
    this.hosted.delete(sessionId);
    await this.change(sessionId, status, { finishedAt: new Date() });
    await this.parts.queue.release(sessionId);
  }

  /** Ends a session that a client cancels; one that was paused has ended already. */
  private async letGo(sessionId: string, status: "CANCELLED" | "COMPLETED"): Promise<void> {
    const ending = { status, finishedAt: new Date() } as const;
    const session = await this.parts.storage.sessions.update(sessionId, ending, ["RUNNING"]);
    if (session) await publishChange(this.parts.bus, session);
    await this.parts.queue.release(sessionId);
  }

  async close(): Promise<void> {
    await Promise.all([...this.heard.values()].map((unsubscribe) => unsubscribe()));
  }

  private async host(id: string): Promise<void> {
    this.hosted.add(id);
    if (this.heard.has(id)) return;
    const unsubscribe = await this.parts.bus.subscribe(`control:${id}`, ({ type }) => {
      // The device releases a paused session at once.
      if (type === "pause") void this.parts.queue.release(id);
      const status = type === "cancel" ? "CANCELLED" : type === "complete" ? "COMPLETED" : null;
      if (status && this.hosted.delete(id)) void this.letGo(id, status);
    });
    this.heard.set(id, unsubscribe);
  }

  private async change(id: string, status: SessionStatus, patch: SessionPatch): Promise<SessionRecord> {
    const session = await this.parts.storage.sessions.update(id, { ...patch, status }, statusesBefore(status));
    if (!session) throw new Error(`The session cannot become ${status}.`);
    await publishChange(this.parts.bus, session);
    return session;
  }
}
