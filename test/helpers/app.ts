import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import sharp from "sharp";
import { afterAll, beforeAll, expect } from "vitest";
import { AuditFile } from "../../server/access/audit-file.js";
import type { OpenIdSettings } from "../../server/access/openid.js";
import { type App, type AppParts, createApp } from "../../server/app.js";
import type { Bus } from "../../server/bus/bus.js";
import { openEmbeddedBus } from "../../server/bus/embedded.js";
import { maxPaintingSize } from "../../server/limits/pictures.js";
import type { LimitValues } from "../../server/limits/table.js";
import { openEmbeddedQueue } from "../../server/queue/embedded.js";
import type { AccessMode } from "../../server/records/access.js";
import { styleTransferSettings } from "../../server/records/settings.js";
import type { Storage } from "../../server/storage/storage.js";
import { openEmbeddedReservations } from "../../server/streams/embedded.js";
import { FakeHost } from "./fake-host.js";
import { FakeModels } from "./fake-models.js";
import { GraphqlClient } from "./graphql-client.js";
import { openTemporaryStorage, type TemporaryStorage } from "./temporary-storage.js";

export interface RunningApp {
  app: App;
  storage: Storage;
  bus: Bus;
  host: FakeHost;
  models: FakeModels;
  client: GraphqlClient;
  address: string;
  /** Errors that are the server's own fault. */
  faults: unknown[];
  /** Where an app with access control records who did what. */
  auditFile: string;
  /** How many subscriptions to all sessions were ever opened. */
  readonly galleries: number;
  /** Id of an uploaded picture. */
  imageId: string;
  close(): Promise<void>;
}

export interface AppOptions {
  /** How the app knows who may use it; not at all by default. */
  accessMode?: AccessMode;
  requiresApproval?: boolean;
  retentionHours?: number | null;
  openId?: OpenIdSettings | null;
  /** Receives what the operator would read. */
  warn?(message: string): void;
  publicUrl?: URL | null;
  tls?: { cert: string; key: string } | null;
  trustedProxies?: readonly string[];
  origins?: string[];
  memoryBytes?: number;
  /** Memory of the device itself, bytes; null, the default, for one that computes in the machine's memory. */
  cardBytes?: number | null;
  /** Values of limits that differ from those of the table. */
  limits?: Partial<LimitValues>;
  /** Counts what is under way together with other servers; by default this one counts alone. */
  sharedPlaces?: AppParts["sharedPlaces"];
  /** How long the head of a request may take to arrive, ms. */
  headMs?: number;
  /** Folder of an exported studio; by default there is none. */
  studioFolder?: string;
  switches?: Partial<AppParts["switches"]>;
  /** The bus over which the app and its host talk; by default one within this process. */
  openBus?(report: (error: unknown) => void): Bus | Promise<Bus>;
  /** Where streams of events are reserved, and how those of other apps are reached; by default there is no other app. */
  streams?(bus: Bus, report: (error: unknown) => void): AppParts["streams"];
  /** Why no worker can run a session; by default one can. */
  waitingReason?: AppParts["waitingReason"];
  /** What the app uses instead of its storage, which the host goes on to use. */
  storageOfApp?(storage: Storage): Storage;
  /** Another app, whose storage this one shares. It is closed after this one. */
  beside?: RunningApp;
}

/** The API side of a server in this process, on a free port, with a host that paints when a test says so. */
export async function startApp({
  accessMode = "NONE",
  requiresApproval = false,
  retentionHours = null,
  openId = null,
  warn = () => undefined,
  publicUrl = null,
  tls = null,
  trustedProxies = [],
  origins = [],
  memoryBytes = 64e9,
  cardBytes = null,
  limits = {},
  sharedPlaces = null,
  headMs,
  studioFolder,
  switches,
  openBus = openEmbeddedBus,
  streams = () => ({ reservations: openEmbeddedReservations(), relay: null }),
  waitingReason = () => null,
  storageOfApp = (storage) => storage,
  beside,
}: AppOptions = {}): Promise<RunningApp> {
  const faults: unknown[] = [];
  const report = (error: unknown) => faults.push(error);
  const { storage, folder, close: closeStorage } = await (beside ? storageOf(beside) : openTemporaryStorage());
  const auditFile = join(folder, "audit.log");
  const bus = await openBus(report);
  const subscribe = bus.subscribe.bind(bus);
  let galleries = 0;
  bus.subscribe = (topic, listener, gap) => {
    if (topic === "sessions") galleries++;
    return subscribe(topic, listener, gap);
  };
  const queue = openEmbeddedQueue();
  const models = new FakeModels();
  const host = new FakeHost({ storage, bus, queue });
  const app = await createApp({
    storage: storageOfApp(storage),
    bus,
    queue,
    streams: streams(bus, report),
    models: { catalogue: models, sessions: models.sessions },
    devices: () => [
      { name: "fake", engine: "none", description: "A device of tests", memoryBytes: cardBytes, sessionIds: host.sessionIds },
    ],
    refusedDevices: () => [{ name: "absent", reason: "It is not here." }],
    stepTimes: (modelId) => (modelId === "vgg19" ? [{ pixels: 4096, fastestMs: 10, slowestMs: 12.5 }] : null),
    unready: () => null,
    waitingReason,
    accessMode,
    requiresApproval,
    retentionHours,
    operatorSecret: null,
    openId,
    warn,
    publicUrl,
    tls,
    trustedProxies,
    origins,
    switches: { graphiql: true, introspection: true, metrics: true, ...switches },
    auditSink: accessMode === "NONE" ? null : new AuditFile({ path: auditFile }),
    version: "1.2.3",
    studioFolder: studioFolder ?? join(folder, "studio"),
    exportsFolder: join(folder, "exports", "drafts"),
    memoryBytes,
    maxSize: () => maxPaintingSize(Math.min(memoryBytes, cardBytes ?? memoryBytes), styleTransferSettings.size.max),
    report,
    limits,
    sharedPlaces,
    ...(headMs === undefined ? {} : { headMs }),
  });
  const { port } = await app.listen(0, "127.0.0.1");
  const address = `${tls ? "https" : "http"}://127.0.0.1:${port}`;
  const client = new GraphqlClient(address, accessMode === "NONE" ? null : await adminSecret(app));
  const picture = await sharp({ create: { width: 64, height: 48, channels: 3, background: "teal" } })
    .png()
    .toBuffer();
  const imageId = await client.upload(picture);
  return {
    app,
    storage,
    bus,
    host,
    models,
    client,
    address,
    faults,
    auditFile,
    imageId,
    get galleries() {
      return galleries;
    },
    async close() {
      await client.close();
      await app.close();
      await host.close();
      await queue.close();
      await bus.close();
      await closeStorage();
    },
  };
}

/** The storage of another app, which closes it. */
async function storageOf({ storage }: RunningApp): Promise<TemporaryStorage> {
  const folder = await mkdtemp(join(tmpdir(), "atelier-beside-"));
  return { storage, folder, close: () => rm(folder, { recursive: true, force: true }) };
}

async function adminSecret({ links }: App): Promise<string> {
  const { secret } = await links.create({ name: "Admin", ownerId: "tests", expiresAt: null }, { kind: "ACCESS", role: "ADMIN" });
  return secret;
}

/** An app for all tests of a file, which fails when the server reports a fault of its own. */
export function appOfFile(options?: AppOptions): RunningApp {
  const running = {} as RunningApp;
  beforeAll(async () => {
    Object.defineProperties(running, Object.getOwnPropertyDescriptors(await startApp(options)));
  });
  afterAll(async () => {
    expect(running.faults).toEqual([]);
    await running.close();
  });
  return running;
}

/** Starts a style transfer of the uploaded picture in its own style; returns the session's id. */
export async function startSession({ client, imageId }: RunningApp, input: Record<string, unknown> = {}): Promise<string> {
  const { startStyleTransfer } = await client.query("mutation ($input: StyleTransferInput!) { startStyleTransfer(input: $input) { id } }", {
    input: { contentId: imageId, styles: [{ imageId }], ...input },
  });
  return startStyleTransfer.id;
}
