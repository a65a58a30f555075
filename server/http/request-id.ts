import { randomUUID } from "node:crypto";
import type { RequestHandler } from "express";
import { logFields } from "../records/log-fields.js";
import { trustedProxy } from "./client-address.js";

/** The header with the id of a request. */
export const REQUEST_ID = "X-Request-Id";

/** What proxies make of an id; anything else could be text for whoever reads the log. */
const wellFormed = /^[\w.:-]{1,128}$/;

/**
 * Gives each request an id, which its response and the log name: that of a trusted proxy where it sent one. `proxies` are
 * addresses and networks.
 */
export function requestIds(proxies: readonly string[]): RequestHandler {
  const isTrusted = trustedProxy(proxies);
  return (request, response, next) => {
    const given = request.get(REQUEST_ID) ?? "";
    const isGiven = wellFormed.test(given) && isTrusted(request.socket.remoteAddress ?? "");
    const requestId = isGiven ? given : randomUUID();
    response.set(REQUEST_ID, requestId);
    logFields.run({ requestId }, next);
  };
}
