import type { DeviceName, SpeedTimes } from "../device/messages.js";
import { messageOf } from "../errors.js";
import type { DeviceProcess, ReadyMessage } from "./device-process.js";
import type { Verdict, Verdicts } from "./verdicts.js";

/** A process whose device is open. */
export interface Started {
  process: DeviceProcess;
  ready: ReadyMessage;
}

export interface SurveyListener {
  /** A device computes right and is faster than the processor; `isKnown` where an earlier start has found that. */
  found(device: DeviceName, times: SpeedTimes, isKnown: boolean): void;
  /** A device is not used, or no more; the next one takes its place. */
  refused(device: DeviceName, reason: string): void;
}

/** Says that a device was not tried in this start. */
const FOUND_EARLIER = "An earlier start has found this, which devices.json keeps.";

/** A device that is not timed has no driver that could make it slow. */
const untimed: SpeedTimes = { ms: 0, processorMs: 0 };

/**
 * Tries each device, and returns those that compute right and faster than the processor, the fastest first, with its
 * process. That is null where the device is known from an earlier start, and when `signal` has ended the survey.
 * @param open Starts the process of a device, which tests it.
 */
export async function surveyDevices(
  devices: readonly DeviceName[],
  open: (device: DeviceName) => Promise<Started>,
  { verdicts, listener, signal }: { verdicts: Verdicts; listener: SurveyListener; signal: AbortSignal },
): Promise<{ usable: DeviceName[]; started: Started | null }> {
  const usable: { device: DeviceName; times: SpeedTimes; started: Started | null }[] = [];
  for (const device of devices) {
    const known = await verdicts.recall(device);
    const { verdict, started, isFinal } = known ? { verdict: known, started: null, isFinal: false } : await tryDevice(device, open);
    if (signal.aborted) {
      await Promise.all([started, ...usable.map((other) => other.started)].map((one) => one?.process.kill()));
      return { usable: [], started: null };
    }
    if (isFinal) await verdicts.remember(device, verdict);
    if ("reason" in verdict) listener.refused(device, known ? `${verdict.reason} ${FOUND_EARLIER}` : verdict.reason);
    else {
      listener.found(device, verdict, known !== null);
      usable.push({ device, times: verdict, started });
    }
  }
  usable.sort((a, b) => a.times.ms - b.times.ms);
  for (const { started } of usable.slice(1)) await started?.process.kill();
  return { usable: usable.map(({ device }) => device), started: usable[0]?.started ?? null };
}

async function tryDevice(
  device: DeviceName,
  open: (device: DeviceName) => Promise<Started>,
): Promise<{ verdict: Verdict; started: Started | null; isFinal: boolean }> {
  try {
    const started = await open(device);
    const { speed } = started.ready;
    const slowness = speed && slownessOf(speed);
    if (slowness === null) return { verdict: speed ?? untimed, started, isFinal: true };
    await started.process.kill();
    return { verdict: { reason: slowness }, started: null, isFinal: true };
  } catch (error) {
    // What is missing or busy now may be there at the next start.
    return { verdict: { reason: messageOf(error) }, started: null, isFinal: false };
  }
}

/** Why a device is slower than the processor; null where it is not. */
function slownessOf({ ms, processorMs }: SpeedTimes): string | null {
  if (ms < processorMs) return null;
  const [own, processor] = [ms, processorMs].map((time) => (time < 10 ? time.toFixed(1) : Math.round(time)));
  return `It takes ${own} ms for a loss and its gradient, and the processor ${processor} ms.`;
}
