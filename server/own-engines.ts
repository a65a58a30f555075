import { openEmbeddedBus } from "./bus/embedded.js";
import type { Engines, EnginesParts } from "./engines.js";
import { openEmbeddedQueue } from "./queue/embedded.js";
import { openEmbeddedStorage } from "./storage/embedded/open.js";
import { openEmbeddedReservations } from "./streams/embedded.js";

/** Opens the engines of a process that shares nothing, as `openEngines` says. */
export async function openOwnEngines({ config: { dataDir }, log, opened }: EnginesParts): Promise<Engines> {
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
