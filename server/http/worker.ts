import express, { type Express } from "express";
import { errorHandler, notFoundHandler } from "./errors.js";
import { type HealthParts, healthRoutes } from "./health.js";
import type { Metrics } from "./metrics.js";

export interface WorkerAppParts extends Pick<HealthParts, "readiness" | "warn"> {
  /** Null where the operator wants no `/metrics`. */
  metrics: Pick<Metrics, "send"> | null;
  /** Receives errors that are the server's own fault. */
  report(error: unknown): void;
}

/** All that a worker offers over HTTP: `/healthz`, `/readyz` and `/metrics`, to everyone who reaches it. */
export function createWorkerApp({ readiness, metrics, warn, report }: WorkerAppParts): Express {
  const app = express();
  app.disable("x-powered-by");
  app.use(healthRoutes({ readiness, warn }));
  if (metrics) app.get("/metrics", metrics.send);
  app.use(notFoundHandler);
  app.use(errorHandler(report));
  return app;
}
