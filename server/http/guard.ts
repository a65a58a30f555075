import type { IncomingMessage } from "node:http";
import type { RequestHandler } from "express";
import { AtelierError } from "../errors.js";

const LOOPBACK_NAMES = ["localhost", "127.0.0.1", "[::1]"];
const CORS_METHODS = "GET, HEAD, POST, OPTIONS";
const CORS_SECONDS = "600";

/**
 * Keeps foreign web pages away from a server on this machine. A page elsewhere shows itself by its Origin; one whose
 * name was pointed at 127.0.0.1 after it was loaded (DNS rebinding) by its Host. Programs send no Origin and pass.
 */
export interface Guard {
  /** Why a request, or a WebSocket's upgrade, is refused (FORBIDDEN); null when it may pass. */
  refusal(request: IncomingMessage): AtelierError | null;
  /** Refuses, and answers the CORS questions of pages that are allowed. */
  readonly middleware: RequestHandler;
}

/** `allowedOrigins` such as `https://studio.example`: their pages may come, under their host name too. */
export function createGuard(allowedOrigins: readonly string[]): Guard {
  const origins = new Set(allowedOrigins.map((origin) => new URL(origin).origin));
  const hosts = new Set([...origins].map((origin) => new URL(origin).host));

  function refusal(request: IncomingMessage): AtelierError | null {
    const { host = "", origin } = request.headers;
    const port = request.socket.localPort ?? 0;
    if (!isLoopback(host, port) && !hosts.has(host.toLowerCase())) {
      return new AtelierError("FORBIDDEN", "This server does not go by that host name.", { field: "Host" });
    }
    if (origin !== undefined && !isOwnOrigin(origin, port) && !origins.has(origin)) {
      return new AtelierError("FORBIDDEN", "Pages of that origin may not use this server.", { field: "Origin" });
    }
    return null;
  }

  return {
    refusal,
    middleware(request, response, next) {
      const refused = refusal(request);
      if (refused) throw refused;
      const { origin } = request.headers;
      if (origin !== undefined && origins.has(origin)) {
        response.set({ "Access-Control-Allow-Origin": origin, Vary: "Origin" });
        if (request.method === "OPTIONS") {
          const asked = request.headers["access-control-request-headers"];
          response.set({ "Access-Control-Allow-Methods": CORS_METHODS, "Access-Control-Max-Age": CORS_SECONDS });
          if (asked) response.set("Access-Control-Allow-Headers", asked);
          response.status(204).end();
          return;
        }
      }
      next();
    },
  };
}

function isOwnOrigin(origin: string, port: number): boolean {
  return origin.startsWith("http://") && isLoopback(origin.slice("http://".length), port);
}

/** A loopback name with the port that the request came in on; browsers leave out port 80. */
function isLoopback(host: string, port: number): boolean {
  const names = LOOPBACK_NAMES.flatMap((name) => (port === 80 ? [name, `${name}:80`] : [`${name}:${port}`]));
  return names.includes(host.toLowerCase());
}
