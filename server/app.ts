import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import type { ModelCatalogue } from "./api/context.js";
import { graphqlOverHttp } from "./api/http.js";
import { buildApiSchema, emittedSchema } from "./api/schema.js";
import { graphqlOverWebSocket } from "./api/websocket.js";
import type { Bus } from "./bus/bus.js";
import { Exporter } from "./exports/exporter.js";
import { createHttpApp } from "./http/app.js";
import { createGuard } from "./http/guard.js";
import { createMetrics } from "./http/metrics.js";
import { MAX_CHANGES, MAX_QUEUED_SESSIONS, maxPaintingSize, pictureLimits } from "./limits.js";
import { decoderLimits, openPictureDecoder } from "./pictures/decoder.js";
import type { Queue } from "./queue/queue.js";
import type { DeviceInfo, RefusedDevice, SessionFilter } from "./records/session.js";
import { styleTransferSettings } from "./records/settings.js";
import type { StepTime } from "./records/step-time.js";
import { SessionControls } from "./sessions/controls.js";
import { LiveFrames } from "./sessions/live/frames.js";
import type { SessionModels } from "./sessions/models.js";
import { QueueOrder } from "./sessions/queue-order.js";
import { SessionService } from "./sessions/service.js";
import { Sweeper } from "./sessions/sweeper.js";
import { FrameBroker } from "./sessions/watch/frame-broker.js";
import { openGalleryFeed, openRemovalFeed } from "./sessions/watch/gallery-feed.js";
import { keptFrames } from "./sessions/watch/kept-frames.js";
import { outputsOf } from "./sessions/watch/output-viewer.js";
import type { Storage } from "./storage/storage.js";

/** How long running requests may take when the server closes, ms. */
const CLOSE_MS = 2000;

/** What the API side of a server needs. The host may be in another process. */
export interface AppParts {
  storage: Storage;
  bus: Bus;
  queue: Queue;
  models: { catalogue: ModelCatalogue; sessions: SessionModels };
  devices(): DeviceInfo[];
  refusedDevices(): readonly RefusedDevice[];
  /** How long steps take on the device, by feature model; null until it is measured, which this call asks for. */
  stepTimes(modelId: string): readonly StepTime[] | null;
  /** Why sessions cannot run yet; null when they can. */
  unready(): string | null;
  /** Origins of web pages, other than the studio, that may use the server. */
  origins: readonly string[];
  version: string;
  /** Folder of the exported studio. */
  studioFolder: string;
  /** Folder of finished exports. */
  exportsFolder: string;
  /** Memory of this machine. */
  memoryBytes: number;
  /** Memory of the device's own, bytes; null where it computes in that of the machine. */
  cardBytes(): number | null;
  /** Sessions that may wait for a device at a time. */
  maxQueued?: number;
  /** Receives errors that are the server's own fault. */
  report(error: unknown): void;
}

export interface App {
  readonly broker: FrameBroker;
  /** Starts to serve. Returns the address in use. */
  listen(port: number, host: string): Promise<AddressInfo>;
  close(): Promise<void>;
}

/** Assembles the API side: one port for GraphQL, its WebSocket, pictures and the studio. */
export async function createApp(parts: AppParts): Promise<App> {
  const {
    storage,
    bus,
    queue,
    models,
    devices,
    refusedDevices,
    stepTimes,
    unready,
    origins,
    version,
    studioFolder,
    exportsFolder,
    memoryBytes,
    cardBytes,
    report,
    maxQueued = MAX_QUEUED_SESSIONS,
  } = parts;
  const maxSize = () => maxPaintingSize(Math.min(memoryBytes, cardBytes() ?? memoryBytes), styleTransferSettings.size.max);
  const broker = new FrameBroker(storage, bus);
  const decoder = openPictureDecoder(decoderLimits(memoryBytes));
  const exporter = await Exporter.open({ storage, bus, folder: exportsFolder, report });
  const liveFrames = new LiveFrames({ sessions: storage.sessions, bus });
  const watchOutput = outputsOf({ storage, bus, broker });
  const sessionParts = { storage, queue, bus, models: models.sessions, maxSize, maxQueued };
  const sessions = new SessionService(sessionParts);
  const controls = new SessionControls({ ...sessionParts, maxChanges: MAX_CHANGES });
  const sweeper = new Sweeper({ storage, sessions, controls, report });
  const context = {
    sessions,
    controls,
    queueOrder: new QueueOrder({ storage, queue, bus }),
    liveFrames,
    storage,
    queue,
    frames: keptFrames(storage),
    exports: exporter,
    broker,
    watchSessions: (filter: SessionFilter) => openGalleryFeed(bus, filter),
    watchRemovals: () => openRemovalFeed(bus),
    watchOutput,
    models: models.catalogue,
    layersOf: async (id: string) => (await models.sessions.find(id))?.layers.map(({ name }) => name) ?? [],
    devices,
    refusedDevices,
    stepTimes,
    version,
    limits: pictureLimits,
    maxSize,
  };
  const schema = buildApiSchema();
  const guard = createGuard(origins);
  const metrics = createMetrics(storage, () => broker.viewerCount, liveFrames.counts);
  const graphql = await graphqlOverHttp(schema, context, report);
  const server = createServer(
    // Bodies have deadlines of their own: Node's would cut large uploads.
    { requestTimeout: 0 },
    createHttpApp({
      storage,
      broker,
      watchOutput,
      exporter,
      version,
      guard,
      limits: pictureLimits,
      decoder,
      metrics,
      unready,
      modelPicture: (id, kind) => models.catalogue.picture(id, kind),
      graphql: graphql.router,
      schemaText: emittedSchema,
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
      sweeper.start();
      return server.address() as AddressInfo;
    },
    async close() {
      await sweeper.close();
      // Running requests are answered; idle connections are closed.
      const closed = server.listening ? once(server, "close") : Promise.resolve();
      server.close();
      await sockets.close();
      server.closeIdleConnections();
      const deadline = setTimeout(() => server.closeAllConnections(), CLOSE_MS);
      await closed;
      clearTimeout(deadline);
      await graphql.close();
      metrics.close();
      await exporter.close();
      await decoder.close();
    },
  };
}
