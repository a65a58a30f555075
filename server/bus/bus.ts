import type { ErrorCode } from "../errors.js";
import type { ExportRecord } from "../records/film.js";
import type { SessionEvent, SessionRecord } from "../records/session.js";
import type { StreamReply, StreamRequest } from "../records/stream.js";

/**
 * A request to the host that runs a session. The change to steer by, the status PAUSED, or how it is to end, is stored
 * already. `traceparent` names the span of the mutation that asks, where it is traced.
 */
export type SessionControl = { type: "cancel" | "complete" | "pause" | "steer"; traceparent?: string };

/**
 * Traffic of a live translation's frames: `offer` comes from the API, the others from the host that runs the session.
 */
export type LiveMessage =
  /** `superseded` counts the frames that this one replaced before it was offered. */
  | { type: "offer"; step: number; picture: Uint8Array; superseded: number }
  | { type: "receipt"; step: number; status: "ACCEPTED" | "SUPERSEDED"; credit: number }
  /**
   * The host has the frame, and its device opens the model first: `taken` follows when that is done and the device gets the
   * frame. Hosts of earlier versions send neither.
   */
  | { type: "opening"; step: number }
  | { type: "taken"; step: number }
  /** Another host goes on with the session: frames that were offered before are lost. */
  | { type: "restarted" }
  /** The frame could not be used; the session continues. */
  | { type: "refused"; step: number; code: ErrorCode; message: string };

/** Traffic about a stream of events between the server that has it, and others that requests about it reach. */
export type StreamMessage =
  /** `holder` stands for the principal that sent the request; `id` is in all messages about it. */
  | { type: "request"; id: string; holder: string; request: StreamRequest }
  | { type: "accepted"; id: string }
  /** Another server than the one that reserved the stream has opened it. */
  | { type: "opened" }
  | { type: "reply"; id: string; reply: StreamReply };

/** What changed about who has access: a link was revoked, or a visitor opened one or left. */
export type AccessEvent = { type: "revoked"; linkId: string } | { type: "admitted" | "left"; visitorId: string };

/** An export as it is now. */
export type ExportEvent = { type: "changed"; record: ExportRecord };

/** The models that servers share, or the trials of those, have changed. Each server reads the list again. */
export type ModelsEvent = { type: "changed" };

/**
 * Topics with their messages: `session:<id>` has every event of one session, `control:<id>` the requests to its host,
 * `live:<id>` the traffic of its live frames, `export:<id>` the changes of one export, `sessions` those of all sessions,
 * `access` those of links and visitors, `stream:<token>` the traffic about one stream of events, `models` that shared
 * models changed.
 */
export interface Topics {
  [session: `session:${string}`]: SessionEvent;
  sessions: Extract<SessionEvent, { type: "changed" | "deleted" }>;
  [control: `control:${string}`]: SessionControl;
  access: AccessEvent;
  models: ModelsEvent;
  [live: `live:${string}`]: LiveMessage;
  [film: `export:${string}`]: ExportEvent;
  [stream: `stream:${string}`]: StreamMessage;
}

/** Carries messages to the current subscribers, and keeps none for later ones. */
export interface Bus {
  /**
   * Resolves when every subscriber of this process has been called, or the message is lost because the bus cannot be
   * reached. Messages about who may see what, of the topics `access` and `sessions`, reach the subscribers of this process
   * also then; those of `access` in any order with those of other processes. A subscriber's error never reaches the publisher.
   */
  publish<Topic extends keyof Topics>(topic: Topic, message: Topics[Topic]): Promise<void>;
  /**
   * Calls `listener` for every message published after this resolves, in order. Returns the function that unsubscribes.
   *
   * A bus between processes may lose messages. It calls `gap` afterwards, before the next message: whoever needs what was
   * lost reads it from storage, where everything is stored before it is published. A bus within one process loses none.
   */
  subscribe<Topic extends keyof Topics>(
    topic: Topic,
    listener: (message: Topics[Topic]) => void,
    gap?: () => void,
  ): Promise<() => Promise<void>>;
  /** Why messages are lost now; null while other processes can be reached, and for a bus within one process. */
  unreachable(): string | null;
  close(): Promise<void>;
}

/**
 * Publishes a changed session to its viewers and to galleries; call this after the change was stored. A change that may hide
 * the session needs `before`, the session as it was: only those who could see it hear that they no longer can.
 */
export async function publishChange(bus: Bus, session: SessionRecord, before: SessionRecord | null = null): Promise<void> {
  const shown = before && { before: { visibility: before.visibility, approval: before.approval } };
  const changed = { type: "changed", session, ...shown } as const;
  await Promise.all([bus.publish(`session:${session.id}`, changed), bus.publish("sessions", changed)]);
}
