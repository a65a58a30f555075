import type { RequestHandler } from "express";

/** How long the body of a request that is no upload may take to arrive, ms. */
export const BODY_MS = 60_000;

/**
 * Cuts the connection of a request whose body does not arrive in time, so that slow clients hold none for ever. An
 * upload has a least rate instead (see `receiveUpload`), because a large one may take an hour and waits while others
 * arrive; its time begins when it was answered, as one that is refused early may still be on its way.
 */
export function bodyDeadline(isUpload: (request: { method: string; path: string }) => boolean, ms = BODY_MS): RequestHandler {
  return (request, response, next) => {
    let timer: NodeJS.Timeout | undefined;
    const begin = () => {
      timer = setTimeout(() => {
        // A request without a body, and one whose body was discarded, is complete although it never emitted `end`.
        if (!request.complete) request.destroy();
      }, ms);
    };
    if (isUpload(request)) response.once("finish", begin);
    else begin();
    request.once("end", () => clearTimeout(timer)).once("close", () => clearTimeout(timer));
    next();
  };
}
