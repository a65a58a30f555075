import { hostname } from "node:os";
import { setTimeout as delay } from "node:timers/promises";
import type { Host } from "../host/host.js";
import type { WorkerAnnouncement } from "../records/worker.js";
import type { WorkerStore } from "../storage/fleet.js";

/** Time between two announcements of a worker, ms. */
export const ANNOUNCE_MS = 2000;
/** How long a worker counts as there after its last announcement, ms. */
export const SILENCE_MS = 10_000;

export interface AnnouncerParts {
  workers: WorkerStore;
  workerId: string;
  /** What the worker can run now. */
  describe(): WorkerAnnouncement;
  /** Called after each announcement. */
  announced(): Promise<void>;
  /** Receives errors; the next announcement follows nevertheless. */
  failed(error: unknown): void;
  intervalMs?: number;
}

/** What a worker's host can run. `features` is the model whose times it measures. */
export function describeWorker(
  host: Pick<Host, "devices" | "refusedDevices" | "stepTimes" | "ready">,
  { models, maxSize, features }: { models: readonly string[]; maxSize: number; features: string | null },
): WorkerAnnouncement {
  const times = features === null ? null : host.stepTimes(features);
  return {
    machine: hostname(),
    devices: host.ready ? host.devices().map(({ pid: _pid, ...device }) => device) : [],
    refusedDevices: host.refusedDevices(),
    models,
    maxSize,
    stepTimes: features === null || times === null ? {} : { [features]: times },
  };
}

/** Tells all API servers every few seconds what this worker can run, until it is closed. */
export function openAnnouncer({ workers, workerId, describe, announced, failed, intervalMs = ANNOUNCE_MS }: AnnouncerParts): {
  close(): Promise<void>;
} {
  const closing = new AbortController();

  async function run(): Promise<void> {
    do await workers.announce(workerId, describe(), SILENCE_MS).then(announced).catch(failed);
    while (await delay(intervalMs, true, { signal: closing.signal }).catch(() => false));
    await workers.leave(workerId).catch(failed);
  }

  const running = run();
  return {
    async close() {
      closing.abort();
      await running;
    },
  };
}
