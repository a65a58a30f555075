import type { DeviceInfo, RefusedDevice } from "./session.js";
import type { StepTime } from "./step-time.js";

/** What a worker can run, as it announces it to all servers. */
export interface WorkerAnnouncement {
  /** Name of its machine. */
  machine: string;
  devices: readonly DeviceInfo[];
  refusedDevices: readonly RefusedDevice[];
  /** Ids of the models that it has; it downloads no other. */
  models: readonly string[];
  /** The largest size of a painting that fits in its memory, px. */
  maxSize: number;
  /** How long steps take, by feature model. */
  stepTimes: Readonly<Record<string, readonly StepTime[]>>;
}
