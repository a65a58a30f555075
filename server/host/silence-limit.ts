import type { DeviceMessage } from "../device/messages.js";

export interface SilenceOptions {
  /** Shortest limit, ms: also a busy machine schedules the process this often. */
  floorMs: number;
  /** Longest limit, ms, and the limit while no step of a session was measured. One at 2048 px takes about 30 s on two cores. */
  ceilingMs: number;
}

/** A step may take this many times as long as the longest before: a finer scale has four times the pixels, and new targets. */
const FACTOR = 20;

/** How long a device process may send nothing before it counts as hung, from the step times that it has reported. */
export class SilenceLimit {
  /** Session whose turn it is; null between sessions. */
  private turn: string | null = null;
  /** Longest step of each session, ms. */
  private readonly longest = new Map<string, number>();

  constructor(private readonly options: SilenceOptions) {}

  get ms(): number {
    const { floorMs, ceilingMs } = this.options;
    if (this.turn === null) return floorMs;
    const longest = this.longest.get(this.turn);
    return longest === undefined ? ceilingMs : Math.min(ceilingMs, Math.max(floorMs, FACTOR * longest));
  }

  /** Notes what a message says about turns and step times. */
  observe(message: DeviceMessage): void {
    switch (message.type) {
      case "turn":
        this.turn = message.sessionId;
        break;
      case "frame":
        this.longest.set(message.sessionId, Math.max(message.computeMs, this.longest.get(message.sessionId) ?? 0));
        break;
      case "finished":
      case "cancelled":
      case "paused":
      case "failed":
        if (message.sessionId !== null) this.longest.delete(message.sessionId);
        if (message.sessionId === this.turn) this.turn = null;
        break;
    }
  }
}
