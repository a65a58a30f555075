import { type Request, Router } from "express";
import { unavailable } from "../errors.js";
import type { StorageSpace } from "../storage/storage.js";
import { describeError } from "./errors.js";
import { isFromThisMachine } from "./own-names.js";

export interface HealthParts {
  /** Why the server is not ready; null when it is. With `workers`, that it cannot reach them. */
  unready(): string | null;
  /** Number of workers whose device responds, where they are other processes. The server is ready without them. */
  workers?: () => number;
  space: StorageSpace;
  /** Whether a request from elsewhere may know the details. */
  isTold?: (request: Request) => Promise<boolean>;
}

/**
 * `GET /healthz`: 200 once the API serves. `GET /readyz`: 200 once the server is ready, 503 while `unready` gives a reason
 * or nothing can be stored. On this machine, and where `isTold` says so, it has the reason in full, the number of workers,
 * and the free space on the disk, bytes, which is null where it is not known; elsewhere only the kind of the reason.
 */
export function healthRoutes({ unready, workers, space, isTold = async () => false }: HealthParts): Router {
  const router = Router();

  router.get("/healthz", (_request, response) => {
    response.set("Cache-Control", "no-store").json({ status: "ok" });
  });

  router.get("/readyz", async (request, response) => {
    response.set("Cache-Control", "no-store");
    const [unable, full] = [unready(), await space.obstacle()];
    const reason = unable ?? full;
    const inFull = isFromThisMachine(request) || (await isTold(request));
    const free = await space.free();
    const details = { ...(workers ? { workers: workers() } : {}), freeBytes: Number.isFinite(free) ? free : null };
    const shown = inFull ? details : {};
    if (reason === null) {
      response.json({ status: "ready", ...shown });
      return;
    }
    const unableKind = workers ? "The workers cannot be reached now." : "Sessions cannot run now.";
    const kind = unable === null ? "Nothing can be stored now." : unableKind;
    const { status, body } = describeError(unavailable(inFull ? reason : kind));
    response.status(status).json({ ...body, ...shown });
  });

  return router;
}
