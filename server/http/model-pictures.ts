import { basename, dirname } from "node:path";
import { Router } from "express";
import { AtelierError } from "../errors.js";
import { isId } from "../sessions/requirements.js";

/** Path of a picture that a model brings; null where it brings none. */
export type FindModelPicture = (id: string, kind: "preview" | "sheet") => Promise<string | null>;

/** `GET /models/:id/preview`, `GET /models/:id/sheet`. */
export function modelPictureRoutes(find: FindModelPicture): Router {
  const router = Router();
  for (const kind of ["preview", "sheet"] as const) {
    router.get(`/models/:id/${kind}`, async (request, response) => {
      const { id } = request.params;
      const path = isId(id) ? await find(id, kind) : null;
      if (path === null) throw new AtelierError("NOT_FOUND", "There is no such picture.", { field: "id" });
      // It changes with a newer version of the server, so browsers ask each time whether it has.
      const headers = { "Cache-Control": "no-cache", "X-Content-Type-Options": "nosniff" };
      await new Promise<void>((resolve, reject) => {
        response.sendFile(basename(path), { root: dirname(path), headers, cacheControl: false }, (error) => {
          // Once it has begun, only the client can have gone.
          if (error && !response.headersSent && !request.destroyed) reject(error);
          else resolve();
        });
      });
    });
  }
  return router;
}
