import { type Request, Router } from "express";
import { unavailable } from "../errors.js";
import type { Readiness } from "../sessions/readiness.js";
import { describeError } from "./errors.js";
import { isFromThisMachine } from "./own-names.js";

export interface HealthParts {
  readiness: Pick<Readiness, "look">;
  /** Number of workers whose device responds, where they are other processes. The server is ready without them. */
  workers?: () => number;
  /** Whether a request from elsewhere may know the details. */
  isTold?: (request: Request) => Promise<boolean>;
  /** Receives why the server is not ready, when that changes. */
  warn(message: string): void;
}

/**
 * `GET /healthz`: 200 once the API serves. `GET /readyz`: 200 once the server is ready, 503 while something is in the way. On
 * this machine, and where `isTold` says so, it has the reason in full, the number of workers, and the least free space,
 * bytes, which is null where it is not known; elsewhere only the kind of the reason.
 */
export function healthRoutes({ readiness, workers, isTold = async () => false, warn }: HealthParts): Router {
  const router = Router();
  let logged: string | null = null;

  /** Logs the reason once, however often a load balancer asks. */
  function log(reason: string | null): void {
    if (reason === logged) return;
    warn(reason === null ? "This server is ready." : `This server is not ready: ${reason}`);
    logged = reason;
  }

  router.get("/healthz", (_request, response) => {
    response.set("Cache-Control", "no-store").json({ status: "ok" });
  });

  router.get("/readyz", async (request, response) => {
    response.set("Cache-Control", "no-store");
    const { obstacle, freeBytes } = await readiness.look();
    log(obstacle?.reason ?? null);
    const inFull = isFromThisMachine(request) || (await isTold(request));
    const shown = inFull ? { ...(workers ? { workers: workers() } : {}), freeBytes } : {};
    if (obstacle === null) {
      response.json({ status: "ready", ...shown });
      return;
    }
    const { status, body } = describeError(unavailable(inFull ? obstacle.reason : obstacle.kind));
    response.status(status).json({ ...body, ...shown });
  });

  return router;
}
