import type { IncomingMessage } from "node:http";
import type { RequestHandler } from "express";
import { AtelierError } from "../errors.js";

const LOOPBACK_NAMES = ["localhost", "127.0.0.1", "[::1]"];
const CORS_METHODS = "GET, HEAD, POST, OPTIONS";
const CORS_SECONDS = "600";

/**
 * Keeps foreign web pages away from a server on this machine. The Origin header gives away a page of another site; the
 * Host header gives away a page whose name was pointed at 127.0.0.1 after it was loaded (DNS rebinding). Programs send
 * no Origin and pass.
 */
export interface Guard {
  /** The error (FORBIDDEN) that refuses a request or the upgrade to a WebSocket; null when it may pass. */
  refusal(request: IncomingMessage): AtelierError | null;
  /** Refuses requests, and answers CORS preflight requests of allowed pages. */
  readonly middleware: RequestHandler;
}

/** Pages of `allowedOrigins`, such as `https://studio.example`, may use the server, also under their own host name. */
export function createGuard(allowedOrigins: readonly string[]): Guard {
  const origins = new Set(allowedOrigins.map((origin) => new URL(origin).origin));
  const hosts = new Set([...origins].map((origin) => new URL(origin).host));

  function refusal(request: IncomingMessage): AtelierError | null {
    const { host = "", origin } = request.headers;
    const port = request.socket.localPort ?? 0;
    if (!isLoopback(host, port) && !hosts.has(host.toLowerCase())) {
      return new AtelierError("FORBIDDEN", "This server does not accept that host name.", { field: "Host" });
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
          const requestedHeaders = request.headers["access-control-request-headers"];
          response.set({ "Access-Control-Allow-Methods": CORS_METHODS, "Access-Control-Max-Age": CORS_SECONDS });
          if (requestedHeaders) response.set("Access-Control-Allow-Headers", requestedHeaders);
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

/** Whether a host is a loopback name with the port of the request; browsers leave out port 80. */
function isLoopback(host: string, port: number): boolean {
  const names = LOOPBACK_NAMES.flatMap((name) => (port === 80 ? [name, `${name}:80`] : [`${name}:${port}`]));
  return names.includes(host.toLowerCase());
}
