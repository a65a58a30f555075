import { setTimeout as delay } from "node:timers/promises";
import type { DeviceInfo, RefusedDevice, SessionRecord } from "../records/session.js";
import type { StepTime } from "../records/step-time.js";
import type { WorkerAnnouncement } from "../records/worker.js";
import type { WorkerStore } from "../storage/fleet.js";
import { ANNOUNCE_MS, SILENCE_MS } from "./announcer.js";
import { whyNoneFits } from "./fitness.js";

/** What the workers of all machines can do together, as they announced it last. */
export interface WorkerDirectory {
  devices(): DeviceInfo[];
  refusedDevices(): RefusedDevice[];
  /** How long steps take on the first worker that has measured a model; null while none has. */
  stepTimes(modelId: string): readonly StepTime[] | null;
  /** The largest size that any worker paints, px; null without a worker. */
  maxSize(): number | null;
  /** Number of workers whose device responds. */
  workers(): number;
  /** Why no worker can claim a session; null when one can, once it is free. */
  waitingReason(session: SessionRecord): string | null;
  close(): Promise<void>;
}

/** Reads every few seconds which workers there are. `failed` receives errors; what was known before then stays. */
export async function openWorkerDirectory(
  workers: Pick<WorkerStore, "list">,
  failed: (error: unknown) => void,
  intervalMs = ANNOUNCE_MS,
): Promise<WorkerDirectory> {
  const closing = new AbortController();
  let known: readonly WorkerAnnouncement[] = [];
  const read = async () => {
    known = await workers.list(SILENCE_MS);
  };
  await read().catch(failed);
  const reading = (async () => {
    while (await delay(intervalMs, true, { signal: closing.signal }).catch(() => false)) await read().catch(failed);
  })();

  return {
    devices: () => known.flatMap(({ devices }) => devices),
    refusedDevices: () => known.flatMap(({ refusedDevices }) => refusedDevices),
    stepTimes: (modelId) => known.find((worker) => worker.stepTimes[modelId])?.stepTimes[modelId] ?? null,
    maxSize: () => (known.length === 0 ? null : Math.max(...known.map(({ maxSize }) => maxSize))),
    workers: () => known.filter(({ devices }) => devices.length > 0).length,
    waitingReason: (session) => whyNoneFits(known, session),
    async close() {
      closing.abort();
      await reading;
    },
  };
}
