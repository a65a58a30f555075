import express, { type Express, type Request, type RequestHandler } from "express";
import type { Access } from "../access/access.js";
import { schemaHidden } from "../access/permissions.js";
import { AtelierError } from "../errors.js";
import type { Exporter } from "../exports/exporter.js";
import type { Allowances } from "../limits/allowances.js";
import type { SocketPlaces } from "../limits/socket-places.js";
import type { PictureDecoder } from "../pictures/decoder.js";
import type { Admission } from "../sessions/admission.js";
import type { Readiness } from "../sessions/readiness.js";
import type { FrameBroker } from "../sessions/watch/frame-broker.js";
import type { WatchOutput } from "../sessions/watch/output-viewer.js";
import type { Storage } from "../storage/storage.js";
import { accessRoutes, RouteAccess } from "./access.js";
import { bodyDeadline } from "./body-deadline.js";
import { bodyLimit } from "./body-limit.js";
import type { UploadLimits } from "./check-upload.js";
import { errorHandler, notFoundHandler } from "./errors.js";
import { exportRoutes } from "./exports.js";
import { type Guard, refuseSeveralHosts } from "./guard.js";
import { healthRoutes } from "./health.js";
import type { Metrics } from "./metrics.js";
import { mjpegRoutes } from "./mjpeg.js";
import { type FindModelPicture, modelPictureRoutes } from "./model-pictures.js";
import { pictureRoutes } from "./pictures.js";
import { requestIds } from "./request-id.js";
import { securityHeaders } from "./security-headers.js";
import { signInRoutes } from "./sign-in.js";
import { studio } from "./studio.js";

export interface HttpDependencies {
  storage: Storage;
  broker: Pick<FrameBroker, "watch">;
  watchOutput: WatchOutput;
  exporter: Exporter;
  version: string;
  guard: Guard;
  /** Addresses and networks of proxies whose X-Forwarded headers are true. */
  trustedProxies: readonly string[];
  /** The address that browsers show, where a proxy stands in front; null for this machine's own addresses. */
  publicUrl: URL | null;
  /** What the operator lets people see. */
  switches: { introspection: boolean; metrics: boolean };
  access: Access;
  limits: UploadLimits;
  allowances: Allowances;
  /** Places of sockets, which streams take too. */
  places: SocketPlaces;
  admission: Admission;
  decoder: PictureDecoder;
  metrics: Metrics;
  readiness: Readiness;
  /** Number of workers whose device responds, where they are other processes. */
  workers?: () => number;
  modelPicture: FindModelPicture;
  /** Serves `/graphql`. */
  graphql: RequestHandler;
  /** The text of the API's schema. */
  schemaText: () => string;
  /** Folder of the exported studio. */
  studioFolder: string;
  /** Receives errors that are the server's own fault. */
  report: (error: unknown) => void;
  /** Receives what the operator should know. */
  warn: (message: string) => void;
}

function isUpload({ method, path }: { method: string; path: string }): boolean {
  return method === "POST" && /^\/images\/?$/i.test(path);
}

/** Whether a request has an admin's credentials. Where nobody needs any, it has none. */
async function isAdmin({ mode, principals }: Access, request: Request): Promise<boolean> {
  if (mode === "NONE") return false;
  try {
    return (await principals.of(request)).role === "ADMIN";
  } catch (error) {
    if (error instanceof AtelierError) return false;
    throw error;
  }
}

/** Everything that the server offers over HTTP, in the order in which a request passes it. */
export function createHttpApp({
  storage,
  broker,
  watchOutput,
  exporter,
  version,
  guard,
  trustedProxies,
  publicUrl,
  switches,
  access: everyone,
  limits,
  allowances,
  places,
  admission,
  decoder,
  metrics,
  readiness,
  workers,
  modelPicture,
  graphql,
  schemaText,
  studioFolder,
  report,
  warn,
}: HttpDependencies): Express {
  const app = express();
  app.disable("x-powered-by");
  app.set("trust proxy", trustedProxies);
  app.use(requestIds(trustedProxies));
  app.use(securityHeaders(everyone.isSecure));
  app.use(bodyDeadline(isUpload));
  app.use(bodyLimit(isUpload));
  app.use((request, _response, next) => next(refuseSeveralHosts(request) ?? undefined));
  // Before the guard: a health check may use any host name, and learns little by it.
  const isTold = (request: Request) => isAdmin(everyone, request);
  app.use(healthRoutes({ readiness, ...(workers ? { workers } : {}), isTold, warn }));
  app.use(guard.middleware);
  const access = new RouteAccess(everyone, allowances);
  app.use(accessRoutes(everyone, allowances, publicUrl));
  if (everyone.signIn) app.use(signInRoutes({ ...everyone, signIn: everyone.signIn, allowances, publicUrl }));
  if (switches.metrics) app.get("/metrics", access.middleware("GET /metrics"), metrics.send);
  app.use(pictureRoutes({ storage, decoder, limits, metrics, access, allowances, admission }));
  app.use(mjpegRoutes({ broker, watchOutput, access, places, addressOf: everyone.addressOf }));
  app.use(exportRoutes({ storage, exporter, version, access, allowances }));
  app.use(modelPictureRoutes(modelPicture, access));
  app.use("/graphql", graphql);
  app.get(
    "/schema.graphql",
    access.middleware("GET /schema.graphql"),
    (_request, _response, next) => next(switches.introspection ? undefined : schemaHidden()),
    (_request, response) => void response.set("Cache-Control", "no-cache").type("text/plain").send(schemaText()),
  );
  app.use(studio(studioFolder));
  app.use(notFoundHandler);
  app.use(errorHandler(report));
  return app;
}
