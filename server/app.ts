import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import type { ModelCatalogue } from "./api/context.js";
import { graphqlOverHttp } from "./api/http.js";
import { buildApiSchema } from "./api/schema.js";
import { graphqlOverWebSocket } from "./api/websocket.js";
import type { Bus } from "./bus/bus.js";
import { Exporter } from "./exports/exporter.js";
import { createHttpApp } from "./http/app.js";
import { createGuard } from "./http/guard.js";
import { createMetrics } from "./http/metrics.js";
import { MAX_CHANGES, MAX_QUEUED_SESSIONS, maxPaintingSize, pictureLimits } from "./limits.js";
import type { Queue } from "./queue/queue.js";
import type { DeviceInfo, SessionFilter } from "./records/session.js";
import { styleTransferSettings } from "./records/settings.js";
import { SessionControls } from "./sessions/controls.js";
import { LiveFrames } from "./sessions/live/frames.js";
import type { SessionModels } from "./sessions/models.js";
import { SessionService } from "./sessions/service.js";
import { FrameBroker } from "./sessions/watch/frame-broker.js";
import { openGalleryFeed } from "./sessions/watch/gallery-feed.js";
import { keptFrames } from "./sessions/watch/kept-frames.js";
import type { Storage } from "./storage/storage.js";

/** What the API side of a server is made of; the rest of it may be in another process. */
export interface AppParts {
  storage: Storage;
  bus: Bus;
  queue: Queue;
  models: { catalogue: ModelCatalogue; sessions: SessionModels };
  devices(): DeviceInfo[];
  /** What sessions still lack to run, or null. */
  unready(): string | null;
  origins: readonly string[];
  version: string;
  /** Folder of the exported studio. */
  studioFolder: string;
  /** Folder of finished exports. */
  exportsFolder: string;
  /** What this machine has. */
  memoryBytes: number;
  /** Sessions that may wait for a device at a time. */
  maxQueued?: number;
  /** Told of errors that are the server's own fault. */
  report(error: unknown): void;
}

export interface App {
  readonly broker: FrameBroker;
  /** Starts to serve; answers the real address. */
  listen(port: number, host: string): Promise<AddressInfo>;
  close(): Promise<void>;
}

/** Puts the API side together: one port for GraphQL, its sockets, pictures and the studio. */
export async function createApp(parts: AppParts): Promise<App> {
  const {
    storage,
    bus,
    queue,
    models,
    devices,
    unready,
    origins,
    version,
    studioFolder,
    exportsFolder,
    memoryBytes,
    report,
    maxQueued = MAX_QUEUED_SESSIONS,
  } = parts;
  const maxSize = maxPaintingSize(memoryBytes, styleTransferSettings.size.max);
  const broker = new FrameBroker(storage, bus);
  const exporter = await Exporter.open({ storage, bus, folder: exportsFolder, report });
  const liveFrames = new LiveFrames({ sessions: storage.sessions, bus });
  const sessionParts = { storage, queue, bus, models: models.sessions, maxSize, maxQueued };
  const context = {
    sessions: new SessionService(sessionParts),
    controls: new SessionControls({ ...sessionParts, maxChanges: MAX_CHANGES }),
    liveFrames,
    storage,
    queue,
    frames: keptFrames(storage),
    exports: exporter,
    broker,
    watchSessions: (filter: SessionFilter) => openGalleryFeed(bus, filter),
    models: models.catalogue,
    devices,
    version,
    limits: { maxImagePixels: pictureLimits.maxImagePixels, maxUploadBytes: pictureLimits.maxUploadBytes, maxSize },
  };
  const schema = buildApiSchema();
  const guard = createGuard(origins);
  const metrics = createMetrics(storage, () => broker.viewerCount, liveFrames.counts);
  const graphql = await graphqlOverHttp(schema, context, report);
  const server = createServer(
    createHttpApp({
      storage,
      broker,
      exporter,
      version,
      guard,
      limits: pictureLimits,
      metrics,
      unready,
      modelPicture: (id, kind) => models.catalogue.picture(id, kind),
      graphql: graphql.router,
      studioFolder,
      report,
    }),
  );
  const sockets = graphqlOverWebSocket(server, schema, context, (request) => guard.refusal(request), report);

  return {
    broker,
    async listen(port, host) {
      server.listen(port, host);
      await once(server, "listening");
      return server.address() as AddressInfo;
    },
    async close() {
      // Requests in work are answered; connections that are only kept open are not waited for.
      const closed = server.listening ? once(server, "close") : Promise.resolve();
      server.close();
      await sockets.close();
      server.closeIdleConnections();
      const impatient = setTimeout(() => server.closeAllConnections(), 2000);
      await closed;
      clearTimeout(impatient);
      await graphql.close();
      metrics.close();
      await exporter.close();
    },
  };
}
