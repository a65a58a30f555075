import express, { type Express } from "express";
import type { StorageSpace } from "../storage/storage.js";
import { healthRoutes } from "./health.js";

export interface WorkerAppParts {
  storage: { space: StorageSpace };
  /** Why sessions cannot run yet; null when they can. */
  unready(): string | null;
}

/** All that a worker offers over HTTP: `/healthz` and `/readyz`. */
export function createWorkerApp({ storage, unready }: WorkerAppParts): Express {
  const app = express();
  app.disable("x-powered-by");
  app.use(healthRoutes(unready, storage.space));
  return app;
}
