import { randomUUID } from "node:crypto";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { openRemoteBus } from "./bus/remote.js";
import type { Config } from "./config.js";
import type { Engines, EnginesParts } from "./engines.js";
import { openSharedPlaces } from "./limits/shared-places.js";
import { openSharedRates } from "./limits/shared-rates.js";
import { openRemoteQueue } from "./queue/remote.js";
import { openWakeUps } from "./queue/wake-ups.js";
import { lockFolder } from "./storage/embedded/lock.js";
import { openRemoteStorage } from "./storage/remote/open.js";
import { openRemoteRecentFrames } from "./storage/remote/recent-frames.js";
import { StreamRelay } from "./streams/relay.js";
import { openRemoteReservations } from "./streams/remote.js";

/** Opens the engines that several processes share, as `openEngines` says. */
export async function openSharedEngines(
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
  const places = openSharedPlaces(redisUrl, { warn: log.warn });
  opened.push(() => places.close());
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
      places,
      unreachable: () => bus.unreachable(),
      wantedModels: storage.leases.wantedModels,
    },
  };
}
