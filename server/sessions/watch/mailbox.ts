import type { SessionRecord } from "../../records/session.js";
import { isFinal } from "../status.js";
import { AutoResetEvent } from "./auto-reset-event.js";
import type { SharedFrame } from "./shared-frame.js";

/** An event that a viewer of one session receives. */
export type ViewerEvent =
  | { type: "changed"; session: SessionRecord }
  | { type: "frame"; frame: SharedFrame }
  | { type: "gap"; fromStep: number; toStep: number };

/** Most changes that wait for a viewer; beyond these, the newest replaces the one before it. */
const MAX_PENDING_CHANGES = 16;

/**
 * The events that wait for one viewer: a single slot in which the newest frame wins, and a short queue of changes. So
 * it never grows, however long the viewer does not read.
 */
export class Mailbox {
  readonly arrival = new AutoResetEvent();
  private slot: { frame: SharedFrame; order: number } | null = null;
  private changes: { session: SessionRecord; order: number }[] = [];
  private order = 0;
  private lastStep = -1;
  private lastFrameAt = Number.NEGATIVE_INFINITY;
  private lastChange = "";
  private revision = Number.NEGATIVE_INFINITY;
  private ended = false;
  private deleted = false;
  private lost = false;
  private failure: { error: unknown } | null = null;

  /**
   * `intervalMs` is the least time between two live frames; 0 for no limit. `dropped` is called for each frame that could
   * have gone out when a newer one replaced it.
   */
  constructor(
    private readonly intervalMs: number,
    private readonly dropped: () => void = () => undefined,
  ) {}

  offerFrame(frame: SharedFrame): void {
    if (this.deleted || frame.record.step <= Math.max(this.lastStep, this.pendingStep ?? -1)) return;
    if (this.frameDueIn(performance.now()) === 0) this.dropped();
    this.slot = { frame, order: this.order++ };
    this.arrival.set();
  }

  /** Of two changes the one with the lower revision is older, whichever comes first. */
  offerChange(session: SessionRecord): void {
    if (this.deleted || session.revision < this.revision) return;
    this.revision = session.revision;
    if (this.changes.length === MAX_PENDING_CHANGES) this.changes.pop();
    this.changes.push({ session, order: this.order++ });
    if (isFinal(session.status)) this.ended = true;
    this.arrival.set();
  }

  /** The session was deleted with its pictures: nothing more is delivered. */
  offerDeleted(): void {
    this.deleted = true;
    this.forget();
    this.arrival.set();
  }

  /** Frames or changes may have been lost: the viewer reads storage before it takes anything else. */
  noteLoss(): void {
    this.lost = true;
    this.arrival.set();
  }

  /** Whether a loss was noted since the last call. */
  takeLoss(): boolean {
    const { lost } = this;
    this.lost = false;
    return lost;
  }

  /** What was lost cannot be read: the viewer gets the error. */
  fail(error: unknown): void {
    this.failure = { error };
    this.arrival.set();
  }

  /** Drops the events from before storage is read: their effect will be read there. */
  forget(): void {
    this.slot = null;
    this.changes = [];
  }

  /** Begins with the session as read from storage: changes of an earlier revision that came meanwhile are stale. */
  begin(snapshot: SessionRecord): void {
    this.changes = this.changes.filter(({ session }) => session.revision > snapshot.revision);
    if (isFinal(snapshot.status)) this.ended = true;
    this.revision = Math.max(this.revision, snapshot.revision);
    this.lastChange = fingerprint(snapshot);
  }

  /** Frames through `step` were delivered by other means. */
  skipThrough(step: number): void {
    this.lastStep = Math.max(this.lastStep, step);
    if (this.pendingStep !== null && this.pendingStep <= this.lastStep) this.slot = null;
  }

  /** The last step that the viewer has; -1 for none. */
  get deliveredStep(): number {
    return this.lastStep;
  }

  /** Step of the frame in the slot. */
  get pendingStep(): number | null {
    return this.slot?.frame.record.step ?? null;
  }

  /** True when nothing is waiting and nothing more will come. */
  get exhausted(): boolean {
    return this.deleted || (this.ended && !this.lost && this.slot === null && this.changes.length === 0);
  }

  get isDeleted(): boolean {
    return this.deleted;
  }

  /** Time until the frame in the slot may go out, ms; undefined when there is none. */
  frameDueIn(now: number): number | undefined {
    if (!this.slot) return undefined;
    // The last frame does not wait, since no other frame follows it.
    return this.ended ? 0 : Math.max(0, this.lastFrameAt + this.intervalMs - now);
  }

  /**
   * The next event at the time `now` (ms), in the order of arrival; null when there is none yet, or a loss was noted.
   * @throws the error of a loss that could not be read
   */
  take(now: number): ViewerEvent | null {
    if (this.failure) throw this.failure.error;
    if (this.lost) return null;
    for (;;) {
      const change = this.changes[0];
      if (this.slot && this.frameDueIn(now) === 0 && this.slot.order < (change?.order ?? Number.POSITIVE_INFINITY)) {
        return this.takeFrame(this.slot.frame, now);
      }
      if (!change) return null;
      this.changes.shift();
      const print = fingerprint(change.session);
      if (print === this.lastChange) continue;
      this.lastChange = print;
      return { type: "changed", session: change.session };
    }
  }

  private takeFrame(frame: SharedFrame, now: number): ViewerEvent {
    this.slot = null;
    this.lastStep = frame.record.step;
    this.lastFrameAt = now;
    return { type: "frame", frame };
  }
}

/** Two changes with the same fingerprint look the same to a viewer: the step reaches viewers with the frames. */
function fingerprint(session: SessionRecord): string {
  return JSON.stringify({ ...session, step: 0 });
}
