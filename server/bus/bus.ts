import type { SessionEvent } from "../sessions/session.js";

/** What a client asks of whoever runs a session. */
export type SessionControl = { type: "cancel"; sessionId: string };

/** Topics with the messages they carry. `session:<id>` has every event of one session, `sessions` the changes of all. */
export interface Topics {
  [session: `session:${string}`]: SessionEvent;
  sessions: Extract<SessionEvent, { type: "changed" | "deleted" }>;
  controls: SessionControl;
}

/** Carries messages from where they arise to whoever listens now; it keeps nothing for later. */
export interface Bus {
  /** Resolves when every subscriber of this process has been called. A subscriber's error never reaches the publisher. */
  publish<Topic extends keyof Topics>(topic: Topic, message: Topics[Topic]): Promise<void>;
  /** Calls `listener` for every later message, in order; resolves once that holds. The answer ends it. */
  subscribe<Topic extends keyof Topics>(topic: Topic, listener: (message: Topics[Topic]) => void): Promise<() => Promise<void>>;
  close(): Promise<void>;
}
