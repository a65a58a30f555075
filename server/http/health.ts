import { type Request, Router } from "express";
import { AtelierError, unavailable } from "../errors.js";
import { type StorageSpace, storagePlaces } from "../storage/storage.js";
import { describeError } from "./errors.js";
import { isFromThisMachine } from "./own-names.js";
import { sharedLook } from "./shared-look.js";

export interface HealthParts {
  /** Why sessions cannot run yet; null when they can. */
  unready(): string | null;
  /** Why the processes of a fleet cannot reach each other; null when they can. */
  unreachable?: () => string | null;
  /** Number of workers whose device responds, where they are other processes. The server is ready without them. */
  workers?: () => number;
  space: StorageSpace;
  /** Whether a request from elsewhere may know the details. */
  isTold?: (request: Request) => Promise<boolean>;
  /** Receives why the server is not ready, when that changes. */
  warn(message: string): void;
  /** Receives errors that are the server's own fault. */
  report(error: unknown): void;
}

/** Why a server is not ready: the reason in full, and what everyone may know of it. */
interface Obstacle {
  reason: string;
  kind: string;
}

interface StorageState {
  obstacle: string | null;
  /** The least free space of all places, bytes; null where none is known. */
  freeBytes: number | null;
}

const late: StorageState = { obstacle: "The storage did not answer in time.", freeBytes: null };

/**
 * `GET /healthz`: 200 once the API serves. `GET /readyz`: 200 once the server is ready, 503 while `unready` or `unreachable`
 * gives a reason or nothing can be stored. On this machine, and where `isTold` says so, it has the reason in full, the number
 * of workers, and the least free space, bytes, which is null where it is not known; elsewhere only the kind of the reason.
 */
export function healthRoutes(parts: HealthParts): Router {
  const { workers, isTold = async () => false, warn } = parts;
  const router = Router();
  // Anyone may ask, and a look writes to the storage.
  const storageState = sharedLook({ look: () => lookAtStorage(parts), late });
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
    const { obstacle: full, freeBytes } = await storageState();
    const obstacle = obstacleOf(parts, full);
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

function obstacleOf({ unready, unreachable }: HealthParts, full: string | null): Obstacle | null {
  const reasons: [reason: string | null, kind: string][] = [
    [unready(), "Sessions cannot run now."],
    [unreachable?.() ?? null, "The workers cannot be reached now."],
    [full, "Nothing can be stored now."],
  ];
  for (const [reason, kind] of reasons) if (reason !== null) return { reason, kind };
  return null;
}

async function lookAtStorage({ space, report }: HealthParts): Promise<StorageState> {
  try {
    const [obstacle, ...free] = await Promise.all([space.obstacle(), ...storagePlaces.map((place) => space.free(place))]);
    const known = free.filter((bytes) => bytes !== null);
    return { obstacle, freeBytes: known.length === 0 ? null : Math.min(...known) };
  } catch (error) {
    if (!(error instanceof AtelierError)) report(error);
    return { obstacle: error instanceof AtelierError ? error.message : "The storage cannot be used.", freeBytes: null };
  }
}
