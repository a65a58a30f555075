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
  /** Ids of the models that workers have whose device responds. */
  models(): ReadonlySet<string>;
  /** Calls `listener` after the workers or what they can do may have changed. Returns how to stop. */
  watch(listener: () => void): () => void;
  /** Why no worker can claim a session; null when one can, once it is free. */
  waitingReason(session: SessionRecord): string | null;
  close(): Promise<void>;
}

export interface WorkerDirectoryParts {
  workers: Pick<WorkerStore, "list">;
  /** This process, where it is a worker too. What it can run is not read, but asked for; null until it can run anything. */
  own: { workerId: string; describe(): WorkerAnnouncement | null } | null;
  /** Receives errors; what was known before then stays. */
  failed(error: unknown): void;
  intervalMs?: number;
}

/** Reads every few seconds which workers there are. */
export async function openWorkerDirectory({
  workers,
  own,
  failed,
  intervalMs = ANNOUNCE_MS,
}: WorkerDirectoryParts): Promise<WorkerDirectory> {
  const closing = new AbortController();
  let others: readonly WorkerAnnouncement[] = [];
  const listeners = new Set<() => void>();
  const read = async () => {
    others = await workers.list(SILENCE_MS, own?.workerId);
    for (const listener of [...listeners]) listener();
  };
  const known = (): readonly WorkerAnnouncement[] => {
    const described = own?.describe() ?? null;
    return described === null ? others : [described, ...others];
  };
  await read().catch(failed);
  const reading = (async () => {
    while (await delay(intervalMs, true, { signal: closing.signal }).catch(() => false)) await read().catch(failed);
  })();

  return {
    devices: () => known().flatMap(({ devices }) => devices),
    refusedDevices: () => known().flatMap(({ refusedDevices }) => refusedDevices),
    stepTimes: (modelId) => known().find((worker) => worker.stepTimes[modelId])?.stepTimes[modelId] ?? null,
    maxSize: () => (known().length === 0 ? null : Math.max(...known().map(({ maxSize }) => maxSize))),
    workers: () => known().filter(({ devices }) => devices.length > 0).length,
    models: () => new Set(known().flatMap(({ devices, models }) => (devices.length > 0 ? models : []))),
    watch(listener) {
      const one = () => listener();
      listeners.add(one);
      return () => listeners.delete(one);
    },
    waitingReason: (session) => whyNoneFits(known(), session),
    async close() {
      closing.abort();
      await reading;
    },
  };
}
