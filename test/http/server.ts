import { once } from "node:events";
import { rm } from "node:fs/promises";
import { createServer, type IncomingHttpHeaders, request, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import type { Express } from "express";
import { type Access, openAccess } from "../../server/access/access.js";
import { noAudit } from "../../server/access/audit-log.js";
import type { Bus } from "../../server/bus/bus.js";
import { openEmbeddedBus } from "../../server/bus/embedded.js";
import { Exporter } from "../../server/exports/exporter.js";
import { createHttpApp, type HttpDependencies } from "../../server/http/app.js";
import { createGuard } from "../../server/http/guard.js";
import { createMetrics } from "../../server/http/metrics.js";
import { Allowances } from "../../server/limits/allowances.js";
import { SecretLookups } from "../../server/limits/secret-lookups.js";
import { SocketPlaces } from "../../server/limits/socket-places.js";
import { limitValues } from "../../server/limits/table.js";
import { decoderLimits, openPictureDecoder, type PictureDecoder } from "../../server/pictures/decoder.js";
import { Admission } from "../../server/sessions/admission.js";
import { LiveCounts } from "../../server/sessions/live/counts.js";
import { Readiness, type ReadinessParts } from "../../server/sessions/readiness.js";
import { TimeHistogram } from "../../server/sessions/time-histogram.js";
import { FrameBroker } from "../../server/sessions/watch/frame-broker.js";
import { outputsOf } from "../../server/sessions/watch/output-viewer.js";
import { openEmbeddedStorage } from "../../server/storage/embedded/open.js";
import type { Storage } from "../../server/storage/storage.js";
import { newDataFolder } from "../helpers/data-folder.js";

export const limits = { maxUploadBytes: 2_000_000, maxImagePixels: 50_000_000, maxJpegPixels: 100_000_000, minImageSide: 16 };

export interface RunningServer {
  /** The data folder. */
  folder: string;
  storage: Storage;
  bus: Bus;
  broker: FrameBroker;
  exporter: Exporter;
  decoder: PictureDecoder;
  access: Access;
  allowances: Allowances;
  admission: Admission;
  port: number;
  /** Errors that were the server's own fault. */
  faults: unknown[];
  close(): Promise<void>;
}

/** The HTTP side of a server on loopback, with its own storage. */
export async function startHttp({
  unready = () => null,
  ...changes
}: Partial<HttpDependencies> & Partial<Pick<ReadinessParts, "unready">> = {}): Promise<RunningServer> {
  const folder = await newDataFolder();
  const storage = await openEmbeddedStorage(folder);
  const metrics = createMetrics({
    storage,
    api: { viewers: () => 3, droppedFrames: () => 7, lag: new TimeHistogram([]), live: new LiveCounts() },
    host: null,
  });
  const faults: unknown[] = [];
  const bus = openEmbeddedBus((error) => faults.push(error));
  const broker = new FrameBroker(storage, bus);
  const exporter = await Exporter.open({ storage, bus, folder: join(folder, "exports", "drafts"), report: (error) => faults.push(error) });
  const decoder = openPictureDecoder(decoderLimits(8e9));
  const allowances = new Allowances(limitValues());
  const access = await openAccess({
    lookups: new SecretLookups(allowances),
    ...{
      mode: "NONE",
      isOwnPage: () => true,
      addressOf: () => null,
      isSecure: () => false,
      audit: noAudit,
      storage,
      bus,
      findFilm: async () => null,
    },
  });
  const admission = new Admission({ storage, allowances });
  const app = createHttpApp({
    storage,
    access,
    broker,
    watchOutput: outputsOf({ storage, bus, broker }),
    metrics,
    limits,
    allowances,
    places: new SocketPlaces(allowances),
    admission,
    decoder,
    guard: createGuard({ origins: ["https://studio.example"] }),
    trustedProxies: [],
    publicUrl: null,
    switches: { introspection: true, metrics: true },
    readiness: new Readiness({ unready, space: storage.space, report: (error) => faults.push(error) }),
    modelPicture: async () => null,
    schemaText: () => "",
    graphql: (_request, response) => {
      response.json({ data: null });
    },
    studioFolder: join(folder, "studio"),
    exporter,
    version: "1.2.3",
    report: (error) => faults.push(error),
    warn: () => undefined,
    ...changes,
  });
  const { port, close } = await listen(app);
  return {
    folder,
    storage,
    bus,
    broker,
    exporter,
    decoder,
    access,
    allowances,
    admission,
    port,
    faults,
    async close() {
      await close();
      await exporter.close();
      await decoder.close();
      await access.close();
      await bus.close();
      metrics.close();
      await storage.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** Serves an app on a free port of loopback. */
export async function listen(app: Express): Promise<{ port: number; server: Server; close: () => Promise<void> }> {
  const server = createServer(app).listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    port: (server.address() as AddressInfo).port,
    server,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

export interface Answer {
  status: number;
  headers: IncomingHttpHeaders;
  body: Buffer;
  json(): unknown;
}

/** One request with any path, Host, Origin and body: one chunk is sent with its length, several without. */
export async function ask(
  port: number,
  path: string,
  { method = "GET", headers = {}, body = [] }: { method?: string; headers?: Record<string, string>; body?: Uint8Array[] } = {},
): Promise<Answer> {
  const [first] = body;
  const length = body.length === 1 && first ? { "Content-Length": String(first.byteLength) } : {};
  const sent = request({ host: "127.0.0.1", port, path, method, headers: { ...length, ...headers }, agent: false });
  for (const chunk of body) sent.write(chunk);
  sent.end();
  const [response] = await once(sent, "response");
  const chunks: Buffer[] = [];
  for await (const chunk of response) chunks.push(chunk);
  const bytes = Buffer.concat(chunks);
  return { status: response.statusCode, headers: response.headers, body: bytes, json: () => JSON.parse(bytes.toString()) };
}
