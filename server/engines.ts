import type { Bus } from "./bus/bus.js";
import type { Config } from "./config.js";
import type { OpenRateLimiter } from "./limits/allowances.js";
import type { SharedPlaces } from "./limits/shared-places.js";
import type { Log } from "./log.js";
import type { Queue } from "./queue/queue.js";
import type { AuditStore, Capability, SharedModelStore, TrialStore, WorkerStore } from "./storage/fleet.js";
import type { Storage } from "./storage/storage.js";
import type { StreamRelay } from "./streams/relay.js";
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
    places: SharedPlaces;
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
