import express, { type Request, type RequestHandler, type Response, Router } from "express";
import type { Access } from "../access/access.js";
import { type AuditEvent, isWorthNoting } from "../access/audit-log.js";
import type { OpenedLink } from "../access/links.js";
import type { Grounds } from "../access/open-connections.js";
import { unauthenticated } from "../access/permissions.js";
import { type Route, routePolicy } from "../access/policy.js";
import { type Principal, stranger } from "../access/principal.js";
import { RecentKeys } from "../access/recent-keys.js";
import { COOKIE, cookieName, credentialsOf } from "../access/requests.js";
import { AtelierError, badInput } from "../errors.js";
import { addressKey } from "../limits/address.js";
import type { Allowances, Party } from "../limits/allowances.js";

/** Longest life of a cookie that browsers allow, s. */
const LONGEST_COOKIE_S = 400 * 86_400;
/** A secret in JSON is far shorter. */
const MAX_BODY_BYTES = 1000;
/** How long it is not recorded that the same browser opens the same link again, ms. */
const SAME_BROWSER_MS = 3600_000;
/** The same for all browsers at an address, ms: a program that sends no cookie is a new browser each time. */
const SAME_ADDRESS_MS = 60_000;
/** Browsers, and addresses, that are remembered for this. */
const MOST_REMEMBERED = 10_000;

/** Whose lasting output a request shows, and to whom. */
export interface ShownOutput {
  ownerId: string;
  /** For the limits, each link to an output is a viewer of its own. */
  viewer: Party;
  grounds: Grounds;
}

/** Who may use the addresses beside `/graphql`. */
export class RouteAccess {
  constructor(
    private readonly parts: Access,
    private readonly allowances: Allowances,
  ) {}

  /** Whether a cache may give everyone what one of them was sent. */
  get isOpenToAll(): boolean {
    return this.parts.mode === "NONE";
  }

  /** Address of the client that sends a request; null when its connection is gone. */
  addressOf(request: Request): string | null {
    return this.parts.addressOf(request);
  }

  /**
   * Who sends a request, if they may. The arguments of the policy are parameters of the path or of the query.
   * @throws AtelierError UNAUTHENTICATED, FORBIDDEN, NOT_FOUND; LIMIT for a stranger who asks too often
   */
  async require(route: Route, request: Request): Promise<Principal> {
    const principal = await this.parts.principals.of(request);
    // Before anything is looked up: a refusal costs as much, and an address may be a guess.
    await this.allowances.spend("strangerRequestsPerMinute", principal, this.parts.addressOf(request));
    const idOf = (name: string) => request.params[name] ?? request.query[name];
    const { gatekeeper, audit, addressOf } = this.parts;
    const refusal = await gatekeeper.refusal(routePolicy[route], principal, idOf);
    if (!refusal) return principal;
    if (isWorthNoting(refusal, principal)) {
      audit.record({ action: route, code: refusal.code, principal, address: addressOf(request) });
    }
    throw refusal;
  }

  /**
   * Checks once more that the sender of a request that took a while may still use the route, as the same owner.
   * @throws AtelierError UNAUTHENTICATED, FORBIDDEN, NOT_FOUND
   */
  async requireStill(route: Route, request: Request, { ownerId }: Principal): Promise<void> {
    this.parts.principals.forget(request);
    const present = await this.require(route, request);
    if (present.ownerId !== ownerId) throw unauthenticated();
  }

  /**
   * Whose lasting output a request shows: that of the link whose secret is in its address, or the sender's own.
   * @throws AtelierError UNAUTHENTICATED, also for a secret that does not open this output; LIMIT for an address that tries too many
   */
  async outputOf(name: string, request: Request): Promise<ShownOutput> {
    const { key } = request.query;
    if (key === undefined) {
      const principal = await this.require("GET /live/out/:name.mjpeg", request);
      if (principal.ownerId === null) throw unauthenticated();
      return { ownerId: principal.ownerId, viewer: principal, grounds: principal };
    }
    const { links, audit, addressOf, lookups } = this.parts;
    const address = addressOf(request);
    const find = async () => {
      const found = typeof key === "string" ? await links.outputOf(name, key) : null;
      const refused = { action: "GET /live/out/:name.mjpeg", code: "UNAUTHENTICATED", principal: null, address } as const;
      if (found === null) audit.record(refused);
      return found;
    };
    const link = await lookups.of(`${name} ${String(key)}`, address, find);
    if (!link) throw unauthenticated();
    const { id, ownerId, expiresAt } = link;
    const viewer = { role: "VIEWER", ownerId: id, groupId: await links.groupOf(ownerId) };
    return { ownerId, viewer, grounds: { visitorId: null, linkIds: [id], expiresAt } };
  }

  /**
   * Calls `end` when access to what stays open ends, or has ended since it was asked for: a link was revoked or expired, or
   * one of the sessions that it shows was hidden. Returns the function to call when it has ended.
   */
  async whileAllowed(
    principal: Grounds & Partial<Pick<Principal, "reader">>,
    sessionIds: readonly string[],
    end: () => void,
  ): Promise<() => void> {
    const { connections, directory } = this.parts;
    const { reader = null } = principal;
    const releases = [connections.add(principal, end)];
    const release = () => {
      for (const one of releases) one();
    };
    try {
      for (const id of sessionIds) {
        releases.push(await directory.watch(reader, id, end));
        if (reader !== null && !(await directory.isVisible(reader, id))) end();
      }
    } catch (error) {
      release();
      throw error;
    }
    return release;
  }

  /** Whether someone may see a session: a film of one stays its maker's when they may not any more. */
  sees({ reader }: Principal, sessionId: string): Promise<boolean> {
    return this.parts.directory.isVisible(reader, sessionId);
  }

  /** Lets a request go on to the next handler if its sender may use the route. */
  middleware(route: Route): RequestHandler {
    return async (request, _response, next) => {
      await this.require(route, request);
      next();
    };
  }
}

/**
 * `POST /access` lets in who sends the secret of a link, `{"secret": "..."}`, and gives their browser a cookie; the answer
 * says what the link opens. `DELETE /access` ends the access of this browser, and says where a user goes on to sign out at the
 * identity provider too. `publicUrl` is the address that browsers show, where a proxy stands in front.
 */
export function accessRoutes(
  { links, principals, audit, addressOf, isSecure, signIn }: Access,
  allowances: Allowances,
  publicUrl: URL | null,
): Router {
  const router = Router();
  const browsers = new RecentKeys(SAME_BROWSER_MS, MOST_REMEMBERED);
  const addresses = new RecentKeys(SAME_ADDRESS_MS, MOST_REMEMBERED);

  /** Whether it is recorded that a link was opened: a client that opens it again and again must not fill the log. */
  function isNews({ link, visitorId }: OpenedLink, address: string | null): boolean {
    return browsers.note(`${link.id} ${visitorId}`) && addresses.note(`${link.id} ${addressKey(address ?? "")}`);
  }

  router.post("/access", express.json({ limit: MAX_BODY_BYTES }), async (request, response) => {
    const { secret }: Record<string, unknown> = request.body ?? {};
    if (typeof secret !== "string") throw badInput("secret", "Send the secret of a link as JSON.");
    const address = addressOf(request);
    const record = (event: Pick<AuditEvent, "code" | "principal" | "about">) => audit.record({ action: "POST /access", address, ...event });
    const party = await principals.of(request);
    await allowances.spend("strangerRequestsPerMinute", party, address);
    const admit = async (linkId: string) => {
      // Someone new has no role yet, whatever else the request carries.
      await allowances.spend("newVisitorsPerAddress", stranger, address);
      await allowances.spend("newVisitorsPerLink", { ...stranger, groupId: linkId }, null);
    };
    const opened = await links.open(secret, credentialsOf(request, isSecure(request)).cookie, admit).catch(async (error: unknown) => {
      if (!(error instanceof AtelierError)) throw error;
      record({ code: error.code, principal: null });
      // A right secret opens the server even while others at the same address guess. Guesses count against people with a role too.
      if (error.code === "UNAUTHENTICATED") await allowances.spend("wrongSecretsPerMinute", stranger, address);
      throw error;
    });
    const { id, kind, role, name, sessionId, expiresAt } = opened.link;
    if (isNews(opened, address)) {
      record({ code: null, principal: { name, role, ownerId: opened.visitorId, groupId: id }, about: { link: id } });
    }
    setVisitorCookie(response, opened.secret, LONGEST_COOKIE_S, isSecure(request));
    response.set("Cache-Control", "no-store").json({ kind, role, name, sessionId, expiresAt: expiresAt?.toISOString() ?? null });
  });

  router.delete("/access", async (request, response) => {
    const { cookie } = credentialsOf(request, isSecure(request));
    // A cookie may be a guess.
    await allowances.spend("strangerRequestsPerMinute", await principals.of(request), addressOf(request));
    const left = cookie === null ? null : await links.leave(cookie);
    if (left !== null) {
      const principal = { name: null, role: null, ownerId: left.visitorId, groupId: left.linkId };
      audit.record({ action: "DELETE /access", code: null, principal, address: addressOf(request) });
    }
    setVisitorCookie(response, "", 0, isSecure(request));
    const next = left?.isUser ? await signIn?.signOutAddress(`${originOf(request, publicUrl)}/`) : null;
    if (next) response.set("Cache-Control", "no-store").json({ continueAt: next.href });
    else response.status(204).end();
  });

  return router;
}

/** The cookie goes to this server's own pages only, and no script can read it. */
export function setVisitorCookie(response: Response, value: string, maxAgeS: number, secure: boolean): void {
  const attributes = [`${cookieName(COOKIE, secure)}=${value}`, "Path=/", "HttpOnly", "SameSite=Strict", `Max-Age=${maxAgeS}`];
  response.append("Set-Cookie", [...attributes, ...(secure ? ["Secure"] : [])].join("; "));
}

/** The origin at which the browser reaches the server, whose host the guard has accepted. */
export function originOf(request: Request, publicUrl: URL | null): string {
  return publicUrl?.origin ?? `${request.protocol}://${request.headers.host}`;
}
