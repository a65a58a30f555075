import { randomUUID } from "node:crypto";
import type { IncomingMessage } from "node:http";
import type { RequestHandler } from "express";
import { logFields, REQUEST_ID } from "../records/log-fields.js";
import { trustedProxy } from "./client-address.js";

/** What proxies make of an id; anything else could be text for whoever reads the log. */
const wellFormed = /^[\w.:-]{1,128}$/;

/** The id of a request: that of a trusted proxy where it sent one, else a new one. `proxies` are addresses and networks. */
export function requestIdsBehind(proxies: readonly string[]): (request: IncomingMessage) => string {
  const isTrusted = trustedProxy(proxies);
  return ({ headers, socket }) => {
    const given = headers[REQUEST_ID.toLowerCase()];
    const isGiven = typeof given === "string" && wellFormed.test(given) && isTrusted(socket.remoteAddress ?? "");
    return isGiven ? given : randomUUID();
  };
}

/** Gives each request an id, which its response and the log name. `proxies` are addresses and networks. */
export function requestIds(proxies: readonly string[]): RequestHandler {
  const idOf = requestIdsBehind(proxies);
  return (request, response, next) => {
    const requestId = idOf(request);
    response.set(REQUEST_ID, requestId);
    logFields.run({ requestId }, next);
  };
}
