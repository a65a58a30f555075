import type { Host } from "../host/host.js";
import type { DeviceInfo, RefusedDevice, SessionRecord } from "../records/session.js";
import type { StepTime } from "../records/step-time.js";
import type { WorkerDirectory } from "./directory.js";

/** Who runs sessions, as the API shows it. */
export interface Runners {
  devices(): DeviceInfo[];
  refusedDevices(): readonly RefusedDevice[];
  /** How long steps take, by feature model; null until it is measured, which this call asks for. */
  stepTimes(modelId: string): readonly StepTime[] | null;
  /** The largest size of a painting, px. */
  maxSize(): number;
  /** Why no worker can claim a session; null when one can, once it is free, and where this process alone runs sessions. */
  waitingReason(session: SessionRecord): string | null;
}

/** The host of this process, which has none before it is started. `maxSize` is the largest size for its memory, px. */
export function ownHost(host: () => Host | null, maxSize: () => number): Runners {
  return {
    devices: () => host()?.devices() ?? [],
    refusedDevices: () => host()?.refusedDevices() ?? [],
    stepTimes: (modelId) => host()?.stepTimes(modelId) ?? null,
    maxSize,
    waitingReason: () => null,
  };
}

/** All workers, of which this process may be one: `own` measures by itself, and says the size while no worker is known. */
export function wholeFleet(directory: WorkerDirectory, own: Pick<Runners, "stepTimes" | "maxSize">): Runners {
  const { devices, refusedDevices, stepTimes, maxSize, waitingReason } = directory;
  return {
    ...{ devices, refusedDevices, waitingReason },
    stepTimes: (modelId) => own.stepTimes(modelId) ?? stepTimes(modelId),
    maxSize: () => maxSize() ?? own.maxSize(),
  };
}
