import type { Bus } from "../bus/bus.js";
import type { DeviceMessage, HostMessage } from "../device/messages.js";
import type { LogFields } from "../records/log-fields.js";
import type { SessionFailure } from "../records/session.js";
import type { Storage } from "../storage/storage.js";
import type { SessionSpans } from "../telemetry/session-spans.js";
import type { DeviceExit } from "./exit.js";
import type { FrameRetention } from "./frame-retention.js";
import type { WorkModels } from "./work.js";

/** Parts of a host that its sessions use. */
export interface SessionParts extends WorkModels {
  storage: Storage;
  bus: Bus;
  frameRetention: FrameRetention;
  /** Call this when a session was suspended: the host resumes it when there is space. */
  suspended: () => void;
  log: (line: string, cause?: unknown, fields?: LogFields) => void;
  /** The largest painting that goes on here, px: one that grows beyond that goes on at another host. */
  maxSize(): number;
  /** Whether the claim still holds by this process's clock. Rows are written under the claim; this is for what has none. */
  isHeld(): boolean;
  /** Records what the session goes through. */
  spans: SessionSpans;
  /** Aborts when the host closes. */
  closing: AbortSignal;
}

/** A running device, as a session sees it. */
export interface DeviceLink {
  name: string;
  send(message: HostMessage): void;
}

/** A message from the device about one session. */
export type SessionMessage = Exclude<Extract<DeviceMessage, { sessionId: string | null }>, { type: "turn" }>;

/** A session on a host. */
export interface HostSession {
  readonly id: string;
  readonly spans: SessionSpans;
  /** Whether the session takes turns on the device, or will. */
  readonly active: boolean;
  /** Starts the session on a device, also after an earlier device died. Returns whether it runs there. */
  start(link: DeviceLink): Promise<boolean>;
  /** Handles a message from the device; resolves when its content is stored. */
  receive(message: SessionMessage): Promise<void>;
  /** Ends the session at once for its viewers; the device releases it after the current step. */
  cancel(): Promise<void>;
  /** Ends a live translation as COMPLETED; other sessions complete with their last step. */
  complete(): Promise<void>;
  /** Makes the device release the session after the current step; the session is stored as PAUSED already. */
  pause(): Promise<void>;
  /**
   * Makes the device release the session if it is stored as QUEUED: it was paused and resumed, and the request to pause was
   * lost. It waits for its turn like any other.
   */
  yield(): Promise<void>;
  /** Sends recorded changes to the device. */
  steer(): Promise<void>;
  /** Ends the session with an error, whether or not it runs. */
  fail(failure: SessionFailure): Promise<void>;
  /** Makes the device release the session, which goes on elsewhere; resolves when its state is stored. */
  handOver(): Promise<void>;
  /**
   * Drops the session, because another host may have claimed it: nothing is written of it any more. Returns whether its device
   * still has to release it, which then says so.
   */
  lose(): Promise<boolean>;
  /** Handles the death of the session's device; `blamed` says whether the session may have caused it. */
  died(exit: DeviceExit, blamed: boolean): Promise<void>;
  /** Resolves when everything received so far is stored, checkpoints included. */
  idle(): Promise<void>;
}
