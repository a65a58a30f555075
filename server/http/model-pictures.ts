import { basename, dirname } from "node:path";
import { Router } from "express";
import { notFound } from "../errors.js";
import { isId } from "../records/id.js";
import type { RouteAccess } from "./access.js";

/** Path on disk of a picture that comes with a model; null for none. */
export type FindModelPicture = (id: string, kind: "preview" | "sheet") => Promise<string | null>;

/** `GET /models/:id/preview`, `GET /models/:id/sheet`. */
export function modelPictureRoutes(find: FindModelPicture, access: RouteAccess): Router {
  const router = Router();
  for (const kind of ["preview", "sheet"] as const) {
    router.get(`/models/:id/${kind}`, access.middleware(`GET /models/:id/${kind}`), async (request, response) => {
      const { id = "" } = request.params as { id?: string };
      const path = isId(id) ? await find(id, kind) : null;
      if (path === null) throw notFound("id", "There is no such picture.");
      // A newer version of the server may bring another picture, so browsers check for it each time.
      const headers = { "Cache-Control": "no-cache", "X-Content-Type-Options": "nosniff" };
      await new Promise<void>((resolve, reject) => {
        response.sendFile(basename(path), { root: dirname(path), headers, cacheControl: false }, (error) => {
          // After the headers, an error means that the client has left.
          if (error && !response.headersSent && !request.destroyed) reject(error);
          else resolve();
        });
      });
    });
  }
  return router;
}
