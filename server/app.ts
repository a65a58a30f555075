import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { openAccess } from "./access/access.js";
import { AuditJournal, type AuditLog, type AuditSink, noAudit } from "./access/audit-log.js";
import type { GuardedFilm } from "./access/gatekeeper.js";
import type { Links } from "./access/links.js";
import type { OpenIdSettings } from "./access/openid.js";
import type { Principal } from "./access/principal.js";
import { storageFor } from "./access/scoped-storage.js";
import { VisitorSweeper } from "./access/visitor-sweeper.js";
import type { ApiContext, ModelCatalogue } from "./api/context.js";
import { graphqlOverHttp } from "./api/http.js";
import { buildApiSchema, emittedSchema } from "./api/schema.js";
import { type EventStreamParts, graphqlOverSse } from "./api/sse.js";
import { graphqlOverWebSocket } from "./api/websocket.js";
import type { Bus } from "./bus/bus.js";
import { Exporter } from "./exports/exporter.js";
import { createHttpApp } from "./http/app.js";
import { clientAddresses, secureRequests } from "./http/client-address.js";
import { createGuard } from "./http/guard.js";
import type { HostMetrics } from "./http/host-metrics.js";
import { createMetrics } from "./http/metrics.js";
import { namesInNetwork } from "./http/own-names.js";
import { requestIdsBehind } from "./http/request-id.js";
import { createTlsServer, type TlsFiles } from "./http/tls.js";
import { Allowances, type OpenRateLimiter } from "./limits/allowances.js";
import { pictureLimitsOf } from "./limits/pictures.js";
import { SecretLookups } from "./limits/secret-lookups.js";
import type { SharedPlaces } from "./limits/shared-places.js";
import { SocketPlaces } from "./limits/socket-places.js";
import { type LimitValues, limitValues } from "./limits/table.js";
import { decoderLimits, openPictureDecoder } from "./pictures/decoder.js";
import type { Queue } from "./queue/queue.js";
import { type AccessMode, LOCAL_OWNER } from "./records/access.js";
import { type ExportRecord, sessionsOf } from "./records/film.js";
import type { DeviceInfo, RefusedDevice, SessionRecord } from "./records/session.js";
import type { StepTime } from "./records/step-time.js";
import { Admission } from "./sessions/admission.js";
import { SessionControls } from "./sessions/controls.js";
import { LiveFrames } from "./sessions/live/frames.js";
import type { SessionModels } from "./sessions/models.js";
import { QueueOrder } from "./sessions/queue-order.js";
import { Readiness } from "./sessions/readiness.js";
import { SessionService } from "./sessions/service.js";
import { Sweeper } from "./sessions/sweeper.js";
import { FrameBroker } from "./sessions/watch/frame-broker.js";
import { openGalleryFeed, openRemovalFeed } from "./sessions/watch/gallery-feed.js";
import { keptFrames } from "./sessions/watch/kept-frames.js";
import { outputsOf } from "./sessions/watch/output-viewer.js";
import type { Storage } from "./storage/storage.js";

/** How long running requests may take when the server closes, ms. */
const CLOSE_MS = 2000;
/** How long the head of a request may take to arrive, ms. */
const HEAD_MS = 60_000;
const HOUR_MS = 3_600_000;

/** What the API side of a server needs. The host may be in another process. */
export interface AppParts {
  storage: Storage;
  bus: Bus;
  queue: Queue;
  streams: EventStreamParts;
  models: { catalogue: ModelCatalogue; sessions: SessionModels };
  devices(): DeviceInfo[];
  refusedDevices(): readonly RefusedDevice[];
  /** How long steps take on the device, by feature model; null until it is measured, which this call asks for. */
  stepTimes(modelId: string): readonly StepTime[] | null;
  /** Why sessions cannot run in this process yet; null when they can, and where other processes run them. */
  unready(): string | null;
  /** Why the processes of a fleet cannot reach each other; null when they can. */
  unreachable?: () => string | null;
  /** Number of workers whose device responds, where they are other processes. The server is ready without them. */
  workers?: () => number;
  /** Why no worker can run a session that waits; null when one can, once it is free. */
  waitingReason(session: SessionRecord): string | null;
  /** Metrics of the host; null, the default, where it is in other processes. */
  hostMetrics?: HostMetrics | null;
  /** How the server knows who may use it. */
  accessMode: AccessMode;
  /** Whether an admin must approve what others share. */
  requiresApproval: boolean;
  /** How long the work of others than admins is kept after it was last touched, h; null for ever. */
  retentionHours: number | null;
  /** The Bearer secret of commands on this machine; null for none. */
  operatorSecret: string | null;
  /** How people sign in, with `accessMode` USERS; null for none. */
  openId: OpenIdSettings | null;
  /** The address that browsers show, where a proxy stands in front; null for this machine's own addresses. */
  publicUrl: URL | null;
  /** The certificate with which the server speaks https; null for http. */
  tls: TlsFiles | null;
  /** Addresses and networks of proxies whose X-Forwarded headers are true. */
  trustedProxies: readonly string[];
  /** Origins of web pages, other than the studio, that may use the server. */
  origins: readonly string[];
  /** What the operator lets people see. */
  switches: { graphiql: boolean; introspection: boolean; metrics: boolean };
  /** Where it is recorded who did what; null for nowhere. */
  auditSink: AuditSink | null;
  version: string;
  /** Folder of the exported studio. */
  studioFolder: string;
  /** Folder of films in the making. */
  exportsFolder: string;
  /** Memory of this machine. */
  memoryBytes: number;
  /** The largest size of a painting on the devices that there are, px. */
  maxSize(): number;
  /** Values of limits that differ from those of the table. Those of operations and their documents are fixed. */
  limits?: Partial<LimitValues>;
  /** Counts rates together with other servers; this one counts alone by default. */
  openRateLimiter?: OpenRateLimiter;
  /** Counts what is under way together with other servers; this one counts alone by default. */
  sharedPlaces?: SharedPlaces | null;
  /** Whether other processes share the storage, the bus and the queue; false by default. */
  isShared?: boolean;
  /** How long the head of a request may take to arrive, ms; a minute by default. */
  headMs?: number;
  /** Receives errors that are the server's own fault. */
  report(error: unknown): void;
  /** Receives what the operator should know. */
  warn(message: string): void;
}

export interface App {
  readonly broker: FrameBroker;
  readonly links: Links;
  readonly audit: AuditLog;
  /** Starts to serve. Returns the address in use. */
  listen(port: number, host: string): Promise<AddressInfo>;
  close(): Promise<void>;
}

function guardedFilm(film: ExportRecord | null): GuardedFilm | null {
  return film && { ownerId: film.ownerId, sessionIds: sessionsOf(film.settings) };
}

/** Assembles the API side: one port for GraphQL, its WebSocket, pictures and the studio. */
export async function createApp(parts: AppParts): Promise<App> {
  const {
    storage,
    bus,
    queue,
    streams: streamParts,
    models,
    devices,
    refusedDevices,
    stepTimes,
    unready,
    unreachable,
    workers,
    waitingReason,
    hostMetrics = null,
    accessMode,
    requiresApproval,
    retentionHours,
    operatorSecret,
    openId,
    publicUrl,
    tls,
    trustedProxies,
    origins,
    switches,
    auditSink,
    version,
    studioFolder,
    exportsFolder,
    memoryBytes,
    maxSize,
    report,
    warn,
    limits: replaced,
    openRateLimiter,
    sharedPlaces,
    isShared = false,
    headMs = HEAD_MS,
  } = parts;
  const broker = new FrameBroker(storage, bus, { isShared });
  const decoder = openPictureDecoder(decoderLimits(memoryBytes));
  const exporter = await Exporter.open({ storage, bus, folder: exportsFolder, report });
  const liveFrames = new LiveFrames({ sessions: storage.sessions, bus });
  const watchOutput = outputsOf({ storage, bus, broker });
  const values = limitValues(replaced);
  const allowances = new Allowances(values, openRateLimiter, sharedPlaces);
  const admission = new Admission({ storage, allowances });
  const pictureLimits = pictureLimitsOf(values);
  const sessionParts = { storage, queue, bus, models: models.sessions, maxSize, admission };
  const sessions = new SessionService({ ...sessionParts, party: { role: "ADMIN", ownerId: LOCAL_OWNER } });
  const controls = new SessionControls({ ...sessionParts, maxChanges: values.changes });
  const retentionMs = retentionHours === null ? null : retentionHours * HOUR_MS;
  const sweeper = new Sweeper({ storage, sessions, controls, retentionMs, report });
  const isInNetwork = accessMode !== "NONE";
  const visitorSweeper = new VisitorSweeper({ access: storage.access, report });
  const audit = auditSink === null ? noAudit : new AuditJournal(auditSink, report);
  const addressOf = clientAddresses(trustedProxies);
  const guard = createGuard({
    ...{ publicUrl, origins, namesInNetwork: isInNetwork ? namesInNetwork : () => [], hasAccess: isInNetwork },
    refused: (request, { code, detail: { field = "" } }) =>
      audit.record({ action: `Foreign ${field}`, code, principal: null, address: addressOf(request) }),
  });
  const access = await openAccess({
    ...{ mode: accessMode, requiresApproval, operatorSecret, openId, warn, storage, bus, audit, addressOf },
    ...{ isOwnPage: guard.isOwnPage, isSecure: secureRequests(trustedProxies, publicUrl), lookups: new SecretLookups(allowances) },
    findFilm: async (id) => guardedFilm(await exporter.find(id)),
  });
  const { gatekeeper, directory, links, sharing, users } = access;
  const readiness = new Readiness({ unready, ...(unreachable ? { unreachable } : {}), space: storage.space, report });
  const shared = {
    ...{ gatekeeper, directory, links, sharing, users, accessMode, requiresApproval, retentionHours, audit },
    controls,
    queueOrder: new QueueOrder({ storage, queue, bus }),
    liveFrames,
    queue,
    exports: exporter,
    admission,
    broker,
    watchOutput,
    models: models.catalogue,
    layersOf: async (id: string) => (await models.sessions.find(id))?.layers.map(({ name }) => name) ?? [],
    devices,
    refusedDevices,
    stepTimes,
    waitingReason,
    version,
    limits: pictureLimits,
    allowances,
    maxSize,
  };
  const contextOf = (principal: Principal, address: string | null): ApiContext => {
    const { reader, role, ownerId, groupId } = principal;
    const seen = storageFor(reader, storage);
    return {
      ...shared,
      ...{ principal, address, renewal: null },
      storage: seen,
      frames: keptFrames(seen),
      // A stranger makes nothing.
      sessions: new SessionService({
        ...{ ...sessionParts, storage: seen, party: { role, ownerId: ownerId ?? "", groupId } },
        needsApproval: requiresApproval && role !== "ADMIN",
      }),
      watchSessions: (filter) => openGalleryFeed(bus, reader === null ? filter : { ...filter, reader }),
      watchRemovals: () => openRemovalFeed(bus, reader),
      watchReadiness: () => readiness.watch(role === "ADMIN"),
    };
  };
  const schema = buildApiSchema();
  const metrics = createMetrics({
    storage,
    ...(unreachable ? { unreachable } : {}),
    api: { viewers: () => broker.viewerCount, droppedFrames: () => broker.droppedFrames, lag: broker.lag, live: liveFrames.counts },
    host: hostMetrics,
  });
  const places = new SocketPlaces(allowances);
  const requestIdOf = requestIdsBehind(trustedProxies);
  const socketAccess = { ...access, contextOf, allowances, places, requestIdOf, introspection: switches.introspection };
  const streams = graphqlOverSse(schema, { ...socketAccess, ...streamParts }, report);
  const httpParts = { ...socketAccess, switches, eventStreams: streams.middleware };
  const graphql = await graphqlOverHttp(schema, httpParts, report);
  const handler = createHttpApp({
    storage,
    broker,
    watchOutput,
    exporter,
    version,
    guard,
    trustedProxies,
    publicUrl,
    switches,
    access,
    limits: pictureLimits,
    allowances,
    places,
    admission,
    decoder,
    metrics,
    readiness,
    ...(workers ? { workers } : {}),
    modelPicture: (id, kind) => models.catalogue.picture(id, kind),
    graphql: graphql.router,
    schemaText: emittedSchema,
    studioFolder,
    report,
    warn,
  });
  // Bodies have deadlines of their own: Node's would cut large uploads. Without it, Node has none for heads by itself.
  const options = { requestTimeout: 0, headersTimeout: headMs, connectionsCheckingInterval: headMs / 4 };
  const secure = tls && createTlsServer(tls, options, handler, report);
  const server = secure?.server ?? createServer(options, handler);
  const sockets = graphqlOverWebSocket(server, schema, socketAccess, guard, report);

  return {
    broker,
    links,
    audit,
    async listen(port, host) {
      server.listen(port, host);
      await once(server, "listening");
      sweeper.start();
      if (isInNetwork) visitorSweeper.start();
      return server.address() as AddressInfo;
    },
    async close() {
      // Looks that have begun may wait for a database that hangs, and clients must learn of the end all the same.
      const swept = Promise.all([sweeper.close(), visitorSweeper.close()]);
      // Running requests are answered; idle connections are closed.
      const closed = server.listening ? once(server, "close") : Promise.resolve();
      server.close();
      streams.close();
      await sockets.close();
      server.closeIdleConnections();
      const deadline = setTimeout(() => server.closeAllConnections(), CLOSE_MS);
      await closed;
      clearTimeout(deadline);
      secure?.close();
      await swept;
      await graphql.close();
      await access.close();
      metrics.close();
      await exporter.close();
      await decoder.close();
    },
  };
}
