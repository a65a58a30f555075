import { type Request, Router } from "express";
import { unavailable } from "../errors.js";
import type { StorageSpace } from "../storage/storage.js";
import { describeError } from "./errors.js";
import { isFromThisMachine } from "./own-names.js";

/**
 * `GET /healthz`: 200 once the API serves. `GET /readyz`: 200 once sessions can run, 503 while `unready` gives a reason
 * or nothing can be stored. On this machine, and where `isTold` says so, it has the reason in full, and the free space on the
 * disk, bytes, which is null where it is not known; elsewhere only the kind of the reason.
 */
export function healthRoutes(
  unready: () => string | null,
  space: StorageSpace,
  isTold: (request: Request) => Promise<boolean> = async () => false,
): Router {
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
    const details = inFull ? { freeBytes: Number.isFinite(free) ? free : null } : {};
    if (reason === null) {
      response.json({ status: "ready", ...details });
      return;
    }
    const kind = unable === null ? "Nothing can be stored now." : "Sessions cannot run now.";
    const { status, body } = describeError(unavailable(inFull ? reason : kind));
    response.status(status).json({ ...body, ...details });
  });

  return router;
}
