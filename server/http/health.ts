import { Router } from "express";
import { unavailable } from "../errors.js";
import type { StorageSpace } from "../storage/storage.js";
import { describeError } from "./errors.js";

/**
 * `GET /healthz`: 200 once the API serves. `GET /readyz`: 200 once sessions can run, 503 while `unready` gives a reason
 * or nothing can be stored; both with the free space on the disk, bytes, which is null where it is not known.
 */
export function healthRoutes(unready: () => string | null, space: StorageSpace): Router {
  const router = Router();

  router.get("/healthz", (_request, response) => {
    response.set("Cache-Control", "no-store").json({ status: "ok" });
  });

  router.get("/readyz", async (_request, response) => {
    response.set("Cache-Control", "no-store");
    const reason = unready() ?? (await space.obstacle());
    const free = await space.free();
    const freeBytes = Number.isFinite(free) ? free : null;
    if (reason === null) {
      response.json({ status: "ready", freeBytes });
      return;
    }
    const { status, body } = describeError(unavailable(reason));
    response.status(status).json({ ...body, freeBytes });
  });

  return router;
}
