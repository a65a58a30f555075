/**
 * What crosses between a host and its device process, over Node's IPC with `serialization: "advanced"`.
 *
 * The host forks the process and sends `open`. The process replies `ready`, or `failed` without a session and exits.
 *
 * For each session the host sends `start`. The process paints one step of each of its sessions in turn. `turn` says
 * whose step begins, so that the host knows which session was running when the process died. A `frame` follows for
 * every step after `storedThrough`; the host stores it, then sends `acknowledge`. A session with `MAX_UNACKNOWLEDGED`
 * frames on the way waits, so a slow disk holds back only the painting. Now and then a `checkpoint` follows a frame.
 *
 * A `steer` changes what is painted from the next picture on; `steered` says which picture that is, before its frame
 * arrives. `convolutions` says that the session begins with another method than its work asks for. The session ends with
 * `finished` or `failed`, with `cancelled` in reply to `cancel`, or with `paused` in reply to `pause`; a checkpoint of
 * the last picture precedes `paused`.
 *
 * A live translation receives its pictures one by one. The process sends `free` when it can take the session's next
 * picture (after opening, and after each run), and the host sends `translate`. The process then sends `begun` when the
 * picture is decoded and its run begins, followed by its `frame`, or `rejected` when the picture cannot be decoded.
 *
 * After a session has ended, no message follows for it. The host sends `ping` and receives `pong`. A process whose
 * channel closes exits. One whose graphics processor fails sends `failed` without a session and exits: its sessions
 * continue in the next process, perhaps on another device.
 */

import type { EncodedPicture, Work } from "../art/work.js";
import { AtelierError, type ErrorCode } from "../errors.js";
import type { Change } from "../records/changes.js";
import type { ConvolutionMethod } from "../records/convolutions.js";
import type { Losses } from "../records/pictures.js";

/** How many frames of one session may be sent and not yet stored before the session waits. */
export const MAX_UNACKNOWLEDGED = 2;

/** The kinds of devices that this build can open. */
export const deviceKinds = ["cpu", "webgpu", "cuda", "tfjs", "reference"] as const;

export type DeviceKind = (typeof deviceKinds)[number];

/** A kind of device; `cuda:1` is the second card of NVIDIA, and `cuda` the first. */
export type DeviceName = DeviceKind | `cuda:${number}`;

/** What an operator may choose; `auto` takes the fastest of `candidatesOf` that computes right. */
export const deviceChoices = ["auto", ...deviceKinds] as const;

export type DeviceChoice = "auto" | DeviceName;

/** Whether an operator may choose this device. */
export function isDeviceChoice(text: string): text is DeviceChoice {
  return deviceChoices.some((choice) => choice === text) || /^cuda:(0|[1-9]\d?)$/.test(text);
}

export function kindOf(name: DeviceName): DeviceKind {
  return name.startsWith("cuda") ? "cuda" : (name as DeviceKind);
}

/**
 * The devices of a choice, in the order in which they are tried. The last one is used in any case.
 * @param hasNvidia whether this machine has NVIDIA's driver. Without it, a message about CUDA would only confuse.
 */
export function candidatesOf(choice: DeviceChoice, { hasNvidia }: { hasNvidia: boolean }): readonly DeviceName[] {
  if (choice !== "auto") return [choice];
  return hasNvidia ? ["cuda", "webgpu", "cpu"] : ["webgpu", "cpu"];
}

/** Devices that compare their numbers with the processor's when they open, because a driver lies between. */
export const testedDevices: ReadonlySet<DeviceKind> = new Set(["webgpu", "cuda", "tfjs"]);

/** Times of a loss with its gradient, ms. */
export interface SpeedTimes {
  ms: number;
  /** The same on the processor. */
  processorMs: number;
}

export type HostMessage =
  /**
   * `isLast`: no other device takes the place of this one, so that it is not timed. `isTested`: a device with a driver
   * compares its numbers with the processor's first.
   */
  | { type: "open"; device: DeviceName; isLast: boolean; isTested: boolean }
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
  /** The encoded bytes. */
  picture: Uint8Array;
  mimeType: string;
  /** px */
  width: number;
  /** px */
  height: number;
  /** Null for translations. */
  losses: Losses | null;
  /** Time of evaluation and update, ms. */
  computeMs: number;
}

export type DeviceMessage =
  /**
   * `speed`: null where the device was not timed. `memoryBytes`: of the device's own; null where it computes in the memory
   * of the machine.
   */
  | { type: "ready"; engine: string; device: string; description: string; speed: SpeedTimes | null; memoryBytes: number | null }
  | { type: "turn"; sessionId: string }
  | FrameMessage
  | { type: "free"; sessionId: string }
  | { type: "begun"; sessionId: string; step: number }
  | { type: "rejected"; sessionId: string; step: number; code: ErrorCode; message: string }
  | { type: "checkpoint"; sessionId: string; step: number; bytes: Uint8Array }
  | { type: "steered"; sessionId: string; ordinal: number; step: number }
  | { type: "convolutions"; sessionId: string; method: ConvolutionMethod }
  | { type: "finished"; sessionId: string }
  | { type: "paused"; sessionId: string }
  | { type: "cancelled"; sessionId: string }
  | { type: "failed"; sessionId: string | null; code: ErrorCode; message: string }
  | { type: "pong" };

/** Content of `failed` for an error: typed errors as they are, others without their message, which may hold paths. */
export function failureOf(cause: unknown): { code: ErrorCode; message: string } {
  if (cause instanceof AtelierError) return { code: cause.code, message: cause.message };
  if (cause instanceof RangeError && /allocation failed/i.test(cause.message)) {
    return { code: "OUT_OF_MEMORY", message: "The device has too little memory for this session." };
  }
  return { code: "INTERNAL", message: "The device failed unexpectedly; the server's log says why." };
}
