import type { IncomingMessage } from "node:http";
import type { RequestHandler } from "express";

/** How long browsers keep to https once they saw it, s. */
const HSTS_S = 180 * 86_400;

/** The policy of everything that is no page of the studio: a picture or JSON that is opened as a page runs and loads nothing. */
export const INERT = "default-src 'none'; img-src 'self'; media-src 'self'; style-src 'unsafe-inline'; frame-ancestors 'none'";

const headers = {
  "X-Content-Type-Options": "nosniff",
  "X-Frame-Options": "DENY",
  // Pages have secrets in their fragments, and ids in their paths.
  "Referrer-Policy": "no-referrer",
  "Cross-Origin-Opener-Policy": "same-origin",
  "Permissions-Policy": "camera=(self), microphone=(), geolocation=(), payment=(), usb=(), serial=(), midi=(), display-capture=()",
  "Content-Security-Policy": INERT,
};

/**
 * Headers of every response. Pages replace the policy by their own. `isSecure` tells whether the browser reaches the server by
 * https.
 */
export function securityHeaders(isSecure: (request: IncomingMessage) => boolean): RequestHandler {
  return (request, response, next) => {
    response.set(headers);
    if (isSecure(request)) response.set("Strict-Transport-Security", `max-age=${HSTS_S}`);
    next();
  };
}
