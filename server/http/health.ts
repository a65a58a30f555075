import { Router } from "express";
import { AtelierError } from "../errors.js";

/** `GET /healthz`: 200 once the API serves. `GET /readyz`: 200 once sessions can run; `unready` tells what is missing, or null. */
export function healthRoutes(unready: () => string | null): Router {
  const router = Router();

  router.get("/healthz", (_request, response) => {
    response.set("Cache-Control", "no-store").json({ status: "ok" });
  });

  router.get("/readyz", (_request, response) => {
    response.set("Cache-Control", "no-store");
    const missing = unready();
    if (missing !== null) throw new AtelierError("UNAVAILABLE", missing);
    response.json({ status: "ready" });
  });

  return router;
}
