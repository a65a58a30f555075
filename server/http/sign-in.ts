import { type Request, type Response, Router } from "express";
import type { Access } from "../access/access.js";
import type { AuditEvent } from "../access/audit-log.js";
import { ATTEMPT_MS, type OpenIdSignIn } from "../access/openid.js";
import { stranger } from "../access/principal.js";
import { cookieName, cookieOf, credentialsOf } from "../access/requests.js";
import { SIGN_IN_MS } from "../access/users.js";
import { AtelierError, badInput, type ErrorCode } from "../errors.js";
import type { Allowances } from "../limits/allowances.js";
import { originOf, setVisitorCookie } from "./access.js";

/** Name of the cookie that holds an attempt to sign in while the browser is at the identity provider. */
const ATTEMPT_COOKIE = "atelier_sign_in";
const CALLBACK = "/access/callback";
/** Characters of a path on this server. */
const MAX_PATH = 1000;

export interface SignInParts extends Pick<Access, "users" | "audit" | "addressOf" | "isSecure"> {
  signIn: OpenIdSignIn;
  allowances: Allowances;
  /** The address that browsers show, where a proxy stands in front; null for this machine's own addresses. */
  publicUrl: URL | null;
}

/**
 * `GET /access/sign-in` sends the browser to the identity provider, and with `to` back to a path on this server later;
 * `GET /access/callback` is where it comes back. A page of another site can only send it to that path, where the browser says
 * that it comes from there. Someone who is not let in is sent to the studio, which says why.
 */
export function signInRoutes({ signIn, users, audit, addressOf, isSecure, allowances, publicUrl }: SignInParts): Router {
  const router = Router();

  const record = (request: Request, code: ErrorCode | null, principal: AuditEvent["principal"]) =>
    audit.record({ action: `GET ${CALLBACK}`, code, principal, address: addressOf(request) });

  // Each asks the identity provider.
  router.use(["/access/sign-in", CALLBACK], async (request, _response, next) => {
    await allowances.spend("strangerRequestsPerMinute", stranger, addressOf(request));
    next();
  });

  router.get("/access/sign-in", async (request, response) => {
    const returnTo = requirePath(request.query.to ?? "/");
    // A foreign page could sign a visitor in as somebody else (login CSRF). From the page where they wanted to go, they sign in themselves.
    if (isSentByOther(request)) return response.set("Cache-Control", "no-store").redirect(303, returnTo);
    const before = credentialsOf(request, isSecure(request)).cookie;
    await orTold(response, async () => {
      const { address, attempt } = await signIn.start({ redirectUri: `${originOf(request, publicUrl)}${CALLBACK}`, returnTo, before });
      setAttempt(response, attempt, ATTEMPT_MS / 1000, isSecure(request));
      return address.href;
    });
  });

  router.get(CALLBACK, async (request, response) => {
    const secure = isSecure(request);
    const [, query = ""] = /\?(.*)$/.exec(request.originalUrl) ?? [];
    setAttempt(response, "", 0, secure);
    const refused = ({ code }: AtelierError) => record(request, code, null);
    await orTold(
      response,
      async () => {
        const { identity, returnTo, before } = await signIn.finish(cookieOf(request, cookieName(ATTEMPT_COOKIE, secure)), query);
        const { user, secret } = await users.signIn(identity, before);
        record(request, null, { name: user.name, role: user.role, ownerId: user.id });
        setVisitorCookie(response, secret, SIGN_IN_MS / 1000, secure);
        return returnTo;
      },
      refused,
    );
  });

  return router;
}

/**
 * Whether a page of another origin sent the browser here. Browsers do not say so over plain http, except to their own machine.
 * `Referer` does not help: this server's pages send none, and those of others need not.
 */
function isSentByOther(request: Request): boolean {
  return !["none", "same-origin"].includes(request.get("Sec-Fetch-Site") ?? "none");
}

/** Sends a person on, or to the studio with the code of the error that refuses them. */
async function orTold(
  response: Response,
  address: () => Promise<string>,
  refused: (error: AtelierError) => void = () => undefined,
): Promise<void> {
  response.set("Cache-Control", "no-store");
  try {
    response.redirect(303, await address());
  } catch (error) {
    if (!(error instanceof AtelierError)) throw error;
    refused(error);
    const reason = error.detail.field === "role" ? "NO_ROLE" : error.code;
    response.redirect(303, `/?refused=${reason}`);
  }
}

/**
 * A path on this server, as browsers read it.
 * @throws AtelierError BAD_INPUT (`to`) for an address elsewhere
 */
function requirePath(to: unknown): string {
  const base = "http://server.invalid";
  const isPath = typeof to === "string" && to.length <= MAX_PATH && to.startsWith("/") && URL.canParse(to, base);
  const { origin, pathname, search, hash } = new URL(isPath ? to : "//elsewhere.invalid", base);
  // Browsers take what begins with two slashes for another host.
  if (origin === base && !pathname.startsWith("//")) return pathname + search + hash;
  throw badInput("to", `to must be a path on this server of at most ${MAX_PATH} characters.`, MAX_PATH, {
    max: MAX_PATH,
    unit: "characters",
  });
}

/** The cookie comes back when the identity provider, which is another site, sends the browser here; no script reads it. */
function setAttempt(response: Response, value: string, maxAgeS: number, secure: boolean): void {
  const name = cookieName(ATTEMPT_COOKIE, secure);
  // Browsers take a name with the prefix for the whole host alone.
  const attributes = [`${name}=${value}`, secure ? "Path=/" : "Path=/access", "HttpOnly", "SameSite=Lax", `Max-Age=${maxAgeS}`];
  response.append("Set-Cookie", [...attributes, ...(secure ? ["Secure"] : [])].join("; "));
}
