import { randomUUID } from "node:crypto";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import type { Bus } from "./bus/bus.js";
import { openEmbeddedBus } from "./bus/embedded.js";
import { openRemoteBus } from "./bus/remote.js";
import type { Config } from "./config.js";
import type { OpenRateLimiter } from "./limits/allowances.js";
import { openSharedRates } from "./limits/shared-rates.js";
import type { Log } from "./log.js";
import { openEmbeddedQueue } from "./queue/embedded.js";
import type { Queue } from "./queue/queue.js";
import { openRemoteQueue } from "./queue/remote.js";
import { openWakeUps } from "./queue/wake-ups.js";
import { lockFolder } from "./storage/embedded/lock.js";
import { openEmbeddedStorage } from "./storage/embedded/open.js";
import type { AuditStore, Capability, SharedModelStore, TrialStore, WorkerStore } from "./storage/fleet.js";
import { openRemoteStorage } from "./storage/remote/open.js";
import { openRemoteRecentFrames } from "./storage/remote/recent-frames.js";
import type { Storage } from "./storage/storage.js";
import { openEmbeddedReservations } from "./streams/embedded.js";
import { StreamRelay } from "./streams/relay.js";
import { openRemoteReservations } from "./streams/remote.js";
import type { StreamReservations } from "./streams/reservations.js";

/** Storage, bus and queue, of this process or shared with others. */
export interface Engines {
  storage: Storage;
  bus: Bus;
  queue: Queue;
  /** Streams of events. A server on its own passes nothing on to others, and so has no relay: null. */
  streams: { reservations: StreamReservations; relay: StreamRelay | null };
  /** The processes that share these engines; null where this one has its own. */
  fleet: {
    workers: WorkerStore;
    workerId: string;
    audit: AuditStore;
    sharedModels: SharedModelStore;
    trials: TrialStore;
    openRateLimiter: OpenRateLimiter;
    /** Why the processes cannot reach each other; null when they can. */
    unreachable(): string | null;
    wantedModels(): Promise<string[]>;
  } | null;
}

export interface EnginesParts {
  config: Pick<Config, "dataDir" | "databaseUrl" | "redisUrl" | "blobs">;
  log: Log;
  /** What this process can run now. */
  capability(): Omit<Capability, "kinds">;
  /** Receives what must be closed, in the order in which it was opened. */
  opened: (() => Promise<void>)[];
}

/**
 * Opens the engines that the environment names.
 * @throws AtelierError CONFLICT when another process has the data folder open, UNAVAILABLE when an engine cannot be reached.
 * @throws DataFolderError when the data folder is damaged.
 */
export function openEngines(parts: EnginesParts): Promise<Engines> {
  const { databaseUrl, redisUrl, blobs } = parts.config;
  if (databaseUrl === null || redisUrl === null || blobs === null) return openOwn(parts);
  return openShared(parts, { databaseUrl, redisUrl, blobs });
}

async function openOwn({ config: { dataDir }, log, opened }: EnginesParts): Promise<Engines> {
  const storage = await openEmbeddedStorage(dataDir);
  opened.push(() => storage.close());
  const bus = openEmbeddedBus(log.report);
  const queue = openEmbeddedQueue();
  opened.push(
    () => bus.close(),
    () => queue.close(),
  );
  return { storage, bus, queue, streams: { reservations: openEmbeddedReservations(), relay: null }, fleet: null };
}

async function openShared(
  { config: { dataDir }, log, capability, opened }: EnginesParts,
  { databaseUrl, redisUrl, blobs }: { databaseUrl: string; redisUrl: string; blobs: NonNullable<Config["blobs"]> },
): Promise<Engines> {
  // Models and thumbnails are in a folder of each process.
  await mkdir(dataDir, { recursive: true });
  opened.push(await lockFolder(dataDir));
  const recentFrames = openRemoteRecentFrames(redisUrl, { warn: log.warn });
  opened.push(async () => recentFrames.close());
  const storage = await openRemoteStorage({ databaseUrl, blobs, cacheFolder: join(dataDir, "cache"), recentFrames, warn: log.warn });
  opened.push(() => storage.close());
  const bus = await openRemoteBus(redisUrl, { onListenerError: log.report, warn: log.warn });
  opened.push(() => bus.close());
  const workerId = randomUUID();
  const failed = (error: unknown) => log.warn("The queue could not be used:", error);
  const wakeUps = openWakeUps(redisUrl, { warn: log.warn });
  const queue = openRemoteQueue({ leases: storage.leases, wakeUps, workerId, capability, failed });
  opened.push(() => queue.close());
  const reservations = openRemoteReservations(redisUrl, { warn: log.warn });
  opened.push(async () => reservations.close());
  const streams = { reservations, relay: new StreamRelay({ bus, report: log.report }) };
  const rates = openSharedRates(redisUrl, { warn: log.warn });
  opened.push(async () => rates.close());
  return {
    storage,
    bus,
    queue,
    streams,
    fleet: {
      workers: storage.workers,
      workerId,
      audit: storage.audit,
      sharedModels: storage.sharedModels,
      trials: storage.trials,
      openRateLimiter: rates.open,
      unreachable: () => bus.unreachable(),
      wantedModels: storage.leases.wantedModels,
    },
  };
}
