import type { IncomingMessage } from "node:http";
import type { RequestHandler } from "express";
import { AtelierError, badInput } from "../errors.js";
import { isEncrypted } from "./client-address.js";
import { isLoopback, loopbackNames } from "./own-names.js";

/** A host name or address with an optional port, without characters that need care where it is shown. */
const HOST = /^(?:[a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?|\[[0-9a-f:.]{2,45}\])(?::\d{1,5})?$/i;
const CORS_METHODS = "GET, HEAD, POST, PUT, DELETE, OPTIONS";
const CORS_SECONDS = "600";

/**
 * Keeps foreign web pages away from a server on this machine. The Origin header gives away a page of another site; the
 * Host header gives away a page whose name was pointed at 127.0.0.1 after it was loaded (DNS rebinding). Programs send
 * no Origin and pass.
 */
export interface Guard {
  /** The error (FORBIDDEN, BAD_INPUT) that refuses a request or the upgrade to a WebSocket; null when it may pass. */
  refusal(request: IncomingMessage): AtelierError | null;
  /** Whether a request comes from no page, or from one of this server, which its cookies are for. */
  isOwnPage(request: IncomingMessage): boolean;
  /** Refuses requests, and answers CORS preflight requests of allowed pages. */
  readonly middleware: RequestHandler;
}

export interface GuardOptions {
  /** The address that browsers show, where a proxy stands in front. */
  publicUrl?: URL | null;
  /** Origins of other pages that may use the server, such as `https://studio.example`, also under their own host name. */
  origins?: readonly string[];
  /** Further names of this machine, where other machines may reach the server. */
  namesInNetwork?(): readonly string[];
  /** Whether the server has access control, which it needs before other machines may reach it. */
  hasAccess?: boolean;
  /** Receives what is refused, for the audit log. */
  refused?(request: IncomingMessage, error: AtelierError): void;
}

export function createGuard({
  publicUrl = null,
  origins: others = [],
  namesInNetwork = () => [],
  hasAccess = false,
  refused,
}: GuardOptions): Guard {
  const origins = new Set(others.map((origin) => new URL(origin).origin));
  const hosts = new Set([...origins, ...(publicUrl ? [publicUrl.origin] : [])].map((origin) => new URL(origin).host));

  /** Whether a host is a name of this machine with the port of the request; browsers leave out the usual one. */
  const isOwn = (host: string, { socket }: IncomingMessage) => {
    const port = socket.localPort ?? 0;
    const isUsual = port === (isEncrypted(socket) ? 443 : 80);
    const known = (name: string) => host.toLowerCase() === `${name}:${port}` || (isUsual && host.toLowerCase() === name);
    return loopbackNames.some(known) || namesInNetwork().some(known);
  };

  function refusal(request: IncomingMessage): AtelierError | null {
    const error = refusalOf(request);
    if (error) refused?.(request, error);
    return error;
  }

  function refusalOf(request: IncomingMessage): AtelierError | null {
    const severalHosts = refuseSeveralHosts(request);
    if (severalHosts) return severalHosts;
    const { host = "", origin } = request.headers;
    if (!isOwn(host, request) && !hosts.has(host.toLowerCase())) return foreignHost(host, request, hasAccess);
    return origin === undefined || origins.has(origin) || isOwnPage(request) ? null : foreignOrigin(origin, hasAccess);
  }

  function isOwnPage(request: IncomingMessage): boolean {
    const { origin } = request.headers;
    if (origin === undefined || origin === publicUrl?.origin) return true;
    const scheme = isEncrypted(request.socket) ? "https://" : "http://";
    return origin.startsWith(scheme) && isOwn(origin.slice(scheme.length), request);
  }

  return {
    refusal,
    isOwnPage,
    middleware(request, response, next) {
      const error = refusal(request);
      if (error) throw error;
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

/** The error for a request with several Host headers, which a proxy may read differently; null for others. */
export function refuseSeveralHosts({ rawHeaders }: IncomingMessage): AtelierError | null {
  const count = rawHeaders.filter((name, place) => place % 2 === 0 && name.toLowerCase() === "host").length;
  return count > 1 ? badInput("Host", "A request must have exactly one Host header.", 1, { max: 1 }) : null;
}

/** Explains to a person behind a forwarded port or a proxy how to let the address in. */
function foreignHost(host: string, request: IncomingMessage, hasAccess: boolean): AtelierError {
  const scheme = request.headers["x-forwarded-proto"] === "https" ? "https" : "http";
  const shown = HOST.test(host) ? `the host name ${host}` : "that host name";
  const origin = HOST.test(host) ? `${scheme}://${host}` : "https://studio.example";
  const advice = `If you forward a port or use a proxy, start the server with ${settings("ATELIER_PUBLIC_URL", origin, hasAccess)}, the address that the browser shows`;
  return new AtelierError("FORBIDDEN", `This server does not accept ${shown}. ${advice}; docs/access.md says more.`, { field: "Host" });
}

/** Explains how to let the pages of an origin in, which may be those of a proxy that does not pass on the Host header. */
function foreignOrigin(origin: string, hasAccess: boolean): AtelierError {
  const known = /^https?:\/\//.test(origin) && HOST.test(origin.replace(/^https?:\/\//, ""));
  const proxy = `If it is the address of your proxy, start the server with ${settings("ATELIER_PUBLIC_URL", origin, hasAccess)}`;
  const page = `if it is another page that you trust, with ${settings("ATELIER_ORIGINS", origin, hasAccess)}`;
  const advice = known ? ` ${proxy}; ${page}; docs/access.md says more.` : "";
  return new AtelierError("FORBIDDEN", `Pages of ${known ? origin : "that origin"} may not use this server.${advice}`, { field: "Origin" });
}

/** The variables that let an origin in: one of another machine needs access control. */
function settings(variable: "ATELIER_PUBLIC_URL" | "ATELIER_ORIGINS", origin: string, hasAccess: boolean): string {
  return `${variable}=${origin}${hasAccess || isLoopback(origin) ? "" : " and ATELIER_ACCESS=link"}`;
}
