import express, { type Express } from "express";
import type { StorageSpace } from "../storage/storage.js";
import { healthRoutes } from "./health.js";
import type { Metrics } from "./metrics.js";

export interface WorkerAppParts {
  storage: { space: StorageSpace };
  /** Why sessions cannot run yet; null when they can. */
  unready(): string | null;
  /** Null where the operator wants no `/metrics`. */
  metrics: Pick<Metrics, "send"> | null;
}

/** All that a worker offers over HTTP: `/healthz`, `/readyz` and `/metrics`, to everyone who reaches it. */
export function createWorkerApp({ storage, unready, metrics }: WorkerAppParts): Express {
  const app = express();
  app.disable("x-powered-by");
  app.use(healthRoutes({ unready, space: storage.space }));
  if (metrics) app.get("/metrics", metrics.send);
  return app;
}
