import type { Bus } from "../bus/bus.js";
import type { DeviceMessage, HostMessage } from "../device/messages.js";
import type { SessionFailure } from "../records/session.js";
import type { Storage } from "../storage/storage.js";
import type { DeviceExit } from "./exit.js";
import type { FrameRetention } from "./frame-retention.js";
import type { WorkModels } from "./work-models.js";

/** What the sessions of a host work with. */
export interface SessionParts extends WorkModels {
  storage: Storage;
  bus: Bus;
  frameRetention: FrameRetention;
  log: (line: string, cause?: unknown) => void;
  /** Aborts when the host closes. */
  closing: AbortSignal;
}

/** A device that is up, as a session sees it. */
export interface DeviceLink {
  name: string;
  send(message: HostMessage): void;
}

/** A message of the device about one session. */
export type SessionMessage = Exclude<Extract<DeviceMessage, { sessionId: string | null }>, { type: "turn" }>;

/** A session on a host. */
export interface HostSession {
  readonly id: string;
  /** Whether the session still takes turns, or will. */
  readonly active: boolean;
  /** Starts the session on a device, again after the death of the one before. Resolves to whether it runs there. */
  start(link: DeviceLink): Promise<boolean>;
  /** Handles a message of the device; resolves when its content is stored. */
  receive(message: SessionMessage): Promise<void>;
  /** Ends the session at once for its viewers; the device releases it after the step in work. */
  cancel(): Promise<void>;
  /** Has the device release the session after the step in work; its record says PAUSED already. */
  pause(): Promise<void>;
  /** Hands recorded changes to the device. */
  steer(): Promise<void>;
  /** Ends the session with an error, wherever it is. */
  fail(failure: SessionFailure): Promise<void>;
  /** Handles the death of the session's device; `blamed` when the session may have caused it. */
  died(exit: DeviceExit, blamed: boolean): Promise<void>;
  /** Resolves when everything received so far is stored. */
  idle(): Promise<void>;
}
