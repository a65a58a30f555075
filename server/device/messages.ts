/**
 * What crosses between a host and its device process, over Node's IPC with `serialization: "advanced"`.
 *
 * The host forks the process and sends `open`; the process answers `ready`, or `failed` without a session and exits.
 * For each session the host sends `start`. The process paints one step of each of its sessions in turn; it tells by
 * `turn` whose step it begins, so that the host knows whom a death belongs to. It sends a `frame` for every step after
 * `storedThrough`; the host stores it, then sends `acknowledge`. A session with
 * `MAX_UNACKNOWLEDGED` frames on the way waits, so a slow disk holds back only the painting. Now and then a
 * `checkpoint` follows a frame. A `steer` changes what is painted from the next picture on; `steered` tells which one that is,
 * before its frame. The session ends with `finished`, or `failed`, or with `cancelled` as the answer to `cancel`, or with
 * `paused` as the answer to `pause`: then a checkpoint of the last picture has gone before.
 *
 * A live translation is given its pictures one by one: the process says `free` when it can take the session's next one
 * (after opening, and after each run), the host sends `translate`, and is told `begun` when the picture was decoded and its
 * run begins, or `rejected` when it could not be; then comes its `frame`.
 *
 * After any of the endings nothing more comes for that session. The host sends `ping` and hears `pong`; a process whose
 * channel closes ends itself.
 */

import type { EncodedPicture, Work } from "../art/work.js";
import type { ErrorCode } from "../errors.js";
import type { Change } from "../records/changes.js";
import type { Losses } from "../records/pictures.js";

/** Frames of one session that may be unstored before it waits. */
export const MAX_UNACKNOWLEDGED = 2;

/** The devices that this build can open; `auto` takes the best that is there. */
export const deviceChoices = ["auto", "cpu", "tfjs", "reference"] as const;

export type DeviceChoice = (typeof deviceChoices)[number];

export type HostMessage =
  | { type: "open"; device: DeviceChoice }
  | { type: "start"; sessionId: string; work: Work; checkpoint: Uint8Array | null; storedThrough: number }
  | { type: "acknowledge"; sessionId: string; step: number }
  | { type: "translate"; sessionId: string; step: number; picture: Uint8Array }
  | ({ type: "steer"; sessionId: string; ordinal: number } & Change<EncodedPicture>)
  | { type: "pause"; sessionId: string }
  | { type: "cancel"; sessionId: string }
  | { type: "ping" };

/** An encoded frame. */
export interface FrameMessage {
  type: "frame";
  sessionId: string;
  step: number;
  picture: Uint8Array;
  mimeType: string;
  width: number;
  height: number;
  losses: Losses | null;
  /** Evaluation and update, ms. */
  computeMs: number;
}

export type DeviceMessage =
  | { type: "ready"; engine: string; device: string; description: string }
  | { type: "turn"; sessionId: string }
  | FrameMessage
  | { type: "free"; sessionId: string }
  | { type: "begun"; sessionId: string; step: number }
  | { type: "rejected"; sessionId: string; step: number; code: ErrorCode; message: string }
  | { type: "checkpoint"; sessionId: string; step: number; bytes: Uint8Array }
  | { type: "steered"; sessionId: string; ordinal: number; step: number }
  | { type: "finished"; sessionId: string }
  | { type: "paused"; sessionId: string }
  | { type: "cancelled"; sessionId: string }
  | { type: "failed"; sessionId: string | null; code: ErrorCode; message: string }
  | { type: "pong" };
