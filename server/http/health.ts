import { Router } from "express";
import { unavailable } from "../errors.js";

/**
 * `GET /healthz`: 200 once the API serves. `GET /readyz`: 200 once sessions can run, 503 while `unready` gives a
 * reason.
 */
export function healthRoutes(unready: () => string | null): Router {
  const router = Router();

  router.get("/healthz", (_request, response) => {
    response.set("Cache-Control", "no-store").json({ status: "ok" });
  });

  router.get("/readyz", (_request, response) => {
    response.set("Cache-Control", "no-store");
    const reason = unready();
    if (reason !== null) throw unavailable(reason);
    response.json({ status: "ready" });
  });

  return router;
}
