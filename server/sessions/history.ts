import type { Queue } from "../queue/queue.js";
import type { Page, PageRequest, Storage } from "../storage/storage.js";
import { type KeptFrames, keptFrames } from "./watch/kept-frames.js";
import type { FrameRecord, ImageRecord, RecordedChange, SessionFilter, SessionRecord } from "../records/session.js";
import type { SharedFrame } from "./watch/shared-frame.js";

export type { Page, PageRequest } from "../storage/storage.js";

/** Steps from `fromStep` to `toStep`, both included; without a bound where one is left out. */
export interface StepRange {
  fromStep?: number;
  toStep?: number;
}

/** Reads what was stored of sessions. */
export class SessionHistory {
  private readonly kept: KeptFrames;

  constructor(
    private readonly storage: Storage,
    private readonly queue: Queue,
  ) {
    this.kept = keptFrames(storage);
  }

  image(id: string): Promise<ImageRecord | null> {
    return this.storage.images.find(id);
  }

  /** Newest first; the key is an image's id. @throws AtelierError BAD_INPUT (field `after`) */
  images(page: PageRequest<string>): Promise<Page<ImageRecord>> {
    return this.storage.images.list(page);
  }

  session(id: string): Promise<SessionRecord | null> {
    return this.storage.sessions.find(id);
  }

  /** Those branched from a session, oldest first. */
  branches(id: string): Promise<SessionRecord[]> {
    return this.storage.sessions.branches(id);
  }

  /** What was steered, in order. */
  changes(id: string): Promise<RecordedChange[]> {
    return this.storage.changes.list(id);
  }

  /** Newest first; the key is a session's id. @throws AtelierError BAD_INPUT (field `after`) */
  sessions(page: PageRequest<string>, filter: SessionFilter): Promise<Page<SessionRecord>> {
    return this.storage.sessions.list(page, filter);
  }

  /** 1 is next; null when it does not wait. */
  async queuePosition(session: SessionRecord): Promise<number | null> {
    return session.status === "QUEUED" ? this.queue.position(session.id) : null;
  }

  async latestFrame(sessionId: string): Promise<SharedFrame | null> {
    const latest = await this.kept.latest(sessionId);
    return latest && this.kept.shared(latest);
  }

  /** Oldest first; the key is a frame's step. */
  async frames(sessionId: string, page: PageRequest<number>, range: StepRange): Promise<Page<SharedFrame>> {
    const found = await this.kept.list(sessionId, page, range);
    return { ...found, rows: await Promise.all(found.rows.map((frame) => this.kept.shared(frame))) };
  }

  /** The loss curve, thinned to at most `points` values. */
  losses(sessionId: string, range: StepRange, points: number): Promise<Pick<FrameRecord, "step" | "losses">[]> {
    return this.storage.frames.losses(sessionId, range, points);
  }
}
