import type { SessionRecord } from "../../records/session.js";
import { isFinal } from "../status.js";
import { AutoResetEvent } from "./auto-reset-event.js";
import type { SharedFrame } from "./shared-frame.js";

/** What a viewer of one session is told. */
export type ViewerEvent =
  | { type: "changed"; session: SessionRecord }
  | { type: "frame"; frame: SharedFrame }
  | { type: "gap"; fromStep: number; toStep: number };

/** Changes that wait for a viewer; beyond these the newest takes the place of the one before it. */
const MAX_PENDING_CHANGES = 16;

/**
 * What waits for one viewer: a single slot in which the newest frame wins, and a short queue of changes. So it never
 * grows, however long the viewer does not read.
 */
export class Mailbox {
  readonly arrival = new AutoResetEvent();
  private slot: { frame: SharedFrame; order: number } | null = null;
  private changes: { session: SessionRecord; order: number }[] = [];
  private order = 0;
  private lastStep = -1;
  private lastFrameAt = Number.NEGATIVE_INFINITY;
  private lastChange = "";
  private ended = false;
  private deleted = false;

  /** `intervalMs`: least time between two live frames; 0 for as fast as they come. */
  constructor(private readonly intervalMs: number) {}

  offerFrame(frame: SharedFrame): void {
    if (this.deleted || frame.record.step <= Math.max(this.lastStep, this.pendingStep ?? -1)) return;
    this.slot = { frame, order: this.order++ };
    this.arrival.set();
  }

  offerChange(session: SessionRecord): void {
    if (this.deleted) return;
    if (this.changes.length === MAX_PENDING_CHANGES) this.changes.pop();
    this.changes.push({ session, order: this.order++ });
    if (isFinal(session.status)) this.ended = true;
    this.arrival.set();
  }

  /** The session is gone, and with it the pictures: nothing more is delivered. */
  offerDeleted(): void {
    this.deleted = true;
    this.forget();
    this.arrival.set();
  }

  /** Forgets what came before storage is read: it is in what will be read. */
  forget(): void {
    this.slot = null;
    this.changes = [];
  }

  /** Takes in the session as read from storage: changes of an earlier revision that came meanwhile are stale. */
  begin(snapshot: SessionRecord): void {
    this.changes = this.changes.filter(({ session }) => session.revision > snapshot.revision);
    if (isFinal(snapshot.status)) this.ended = true;
    this.lastChange = fingerprint(snapshot);
  }

  /** Frames through `step` were delivered by other means. */
  skipThrough(step: number): void {
    this.lastStep = Math.max(this.lastStep, step);
    if (this.pendingStep !== null && this.pendingStep <= this.lastStep) this.slot = null;
  }

  /** Step of the frame in the slot. */
  get pendingStep(): number | null {
    return this.slot?.frame.record.step ?? null;
  }

  /** True when nothing is left and nothing will come. */
  get exhausted(): boolean {
    return this.deleted || (this.ended && this.slot === null && this.changes.length === 0);
  }

  get isDeleted(): boolean {
    return this.deleted;
  }

  /** Time until the frame in the slot may go out, ms; undefined when there is none. */
  frameDueIn(now: number): number | undefined {
    if (!this.slot) return undefined;
    // The last frame does not wait: nothing comes after it that could go too fast.
    return this.ended ? 0 : Math.max(0, this.lastFrameAt + this.intervalMs - now);
  }

  /** The next event at the time `now` (ms), in the order in which they came; null when there is none yet. */
  take(now: number): ViewerEvent | null {
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

/** Two changes with the same fingerprint tell a viewer the same; the step is told by frames. */
function fingerprint(session: SessionRecord): string {
  return JSON.stringify({ ...session, step: 0 });
}
