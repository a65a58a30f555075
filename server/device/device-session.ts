import type { DeviceMessage, HostMessage } from "./messages.js";

/** Sends a message to the host; resolves once it has left this process. */
export type Send = (message: DeviceMessage) => Promise<void>;

/** A message of the host to one session that has been started. */
export type SessionCommand = Exclude<Extract<HostMessage, { sessionId: string }>, { type: "start" }>;

/** A session within the device process, as the loop sees it. */
export interface DeviceSession {
  readonly id: string;
  /** Whether a viewer waits for each picture: turns of live sessions go before others. */
  readonly live: boolean;
  /** Whether a turn would do anything now. */
  readonly runnable: boolean;
  /**
   * Accepts a command, which takes effect in the next turn. Commands that are not for this kind of session are ignored.
   */
  receive(command: SessionCommand): void;
  /**
   * Runs one turn. Resolves to true when that was the session's last one.
   * @throws the error with which the session fails.
   */
  runTurn(): Promise<boolean>;
  /**
   * Resolves when nothing of the last turn runs beside the loop any more; absent where the loop need not wait for that.
   */
  settled?(): Promise<void>;
  /** Frees what the session holds. */
  close(): Promise<void>;
}
