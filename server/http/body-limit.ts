import type { RequestHandler } from "express";
import { HttpError } from "./errors.js";

/** The most that is read of the body of a request that is no upload, bytes. What each route accepts is less. */
export const MOST_BODY_BYTES = 4 * 1024 * 1024;

/**
 * Refuses a body that states more than `MOST_BODY_BYTES`, and cuts the connection of one that turns out to be longer:
 * parsers of JSON would read it to its end before they refuse it. Uploads have limits of their own (`receiveUpload`).
 */
export function bodyLimit(isUpload: (request: { method: string; path: string }) => boolean): RequestHandler {
  return (request, response, next) => {
    if (isUpload(request)) return next();
    if (Number(request.headers["content-length"] ?? 0) > MOST_BODY_BYTES) {
      response.set("Connection", "close");
      const message = `The request is too large: at most ${MOST_BODY_BYTES} bytes are read.`;
      throw new HttpError(413, "LIMIT", message, { limit: MOST_BODY_BYTES, max: MOST_BODY_BYTES, unit: "bytes" });
    }
    let received = 0;
    // Listening before a parser does would make the body flow past it.
    request.once("resume", () =>
      request.on("data", ({ byteLength }: Buffer) => {
        received += byteLength;
        if (received > MOST_BODY_BYTES) request.destroy();
      }),
    );
    next();
  };
}
