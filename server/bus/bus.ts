import type { ErrorCode } from "../errors.js";
import type { SessionEvent } from "../records/session.js";

/** What a client asks of whoever runs a session; a change to `steer` by, and that it is PAUSED, is stored already. */
export type SessionControl = { type: "cancel" | "pause" | "steer"; sessionId: string };

/**
 * What a live translation and those who send it frames tell each other: `offer` comes from the API, the others from the
 * host that runs the session.
 */
export type LiveMessage =
  /** `superseded` frames gave it their place before it was offered. */
  | { type: "offer"; step: number; picture: Uint8Array; superseded: number }
  | { type: "receipt"; step: number; status: "ACCEPTED" | "SUPERSEDED"; credit: number }
  /** The frame could not be used; the session goes on. */
  | { type: "refused"; step: number; code: ErrorCode; message: string };

/** Topics with the messages they carry. `session:<id>` has every event of one session, `live:<id>` the traffic of its live frames, `sessions` the changes of all. */
export interface Topics {
  [session: `session:${string}`]: SessionEvent;
  sessions: Extract<SessionEvent, { type: "changed" | "deleted" }>;
  controls: SessionControl;
  [live: `live:${string}`]: LiveMessage;
}

/** Carries messages from where they arise to whoever listens now; it keeps nothing for later. */
export interface Bus {
  /** Resolves when every subscriber of this process has been called. A subscriber's error never reaches the publisher. */
  publish<Topic extends keyof Topics>(topic: Topic, message: Topics[Topic]): Promise<void>;
  /** Calls `listener` for every later message, in order; resolves once that holds. The answer ends it. */
  subscribe<Topic extends keyof Topics>(topic: Topic, listener: (message: Topics[Topic]) => void): Promise<() => Promise<void>>;
  close(): Promise<void>;
}
