import type { IncomingMessage } from "node:http";
import { AtelierError } from "../errors.js";
import type { AuditLog } from "./audit-log.js";
import type { Authenticator, Credentials } from "./authenticator.js";
import { unauthenticated } from "./permissions.js";
import { type Principal, stranger } from "./principal.js";

/** Name of the cookie that holds a visitor's secret. */
export const COOKIE = "atelier";

/**
 * The name of a cookie in browsers that reach the server as `isSecure` says. Over https they take one with this prefix from
 * the server's own host alone, so that neither a page of a neighbouring name nor one over http can plant it.
 */
export function cookieName(name: string, isSecure: boolean): string {
  return isSecure ? `__Host-${name}` : name;
}

/** The value of a cookie; null without one. */
export function cookieOf({ headers }: Pick<IncomingMessage, "headers">, name: string): string | null {
  return new RegExp(`(?:^|; *)${name}=([\\w-]+)`).exec(headers.cookie ?? "")?.[1] ?? null;
}

/** What a request carries to say who sends it, over https as `isSecure` says. Other schemes than Bearer are a proxy's. */
export function credentialsOf(request: Pick<IncomingMessage, "headers">, isSecure: boolean): Credentials {
  const [, bearer = null] = /^Bearer +(\S*) *$/i.exec(request.headers.authorization ?? "") ?? [];
  return { bearer, cookie: cookieOf(request, cookieName(COOKIE, isSecure)) };
}

/** Looks up secrets, whose guesses it limits. */
export interface Lookups {
  /**
   * Returns what `find` does, null for a wrong secret. With `isGuess` false, wrong ones are no attempts to come in.
   * @throws AtelierError LIMIT for too many lookups or wrong secrets of an address
   */
  of<Found>(secret: string, address: string | null, find: () => Promise<Found | null>, isGuess?: boolean): Promise<Found | null>;
}

export interface RequestParts {
  lookups: Lookups;
  /** Whether a request comes from no page, or from one of this server: others act without its cookies. */
  isOwnPage(request: IncomingMessage): boolean;
  addressOf(request: IncomingMessage): string | null;
  /** Whether the browser reaches the server by https. */
  isSecure(request: IncomingMessage): boolean;
  /** Receives secrets' refusals, without the secrets. */
  audit: AuditLog;
}

/** Tells who sends a request, once for each. */
export class RequestPrincipals {
  private readonly known = new WeakMap<IncomingMessage, Promise<Principal>>();

  constructor(
    private readonly authenticator: Authenticator,
    private readonly parts: RequestParts,
  ) {}

  /** @throws AtelierError UNAUTHENTICATED for a Bearer secret that opens nothing; LIMIT for an address that tries too many. */
  of(request: IncomingMessage, takesCookie = true): Promise<Principal> {
    const known = this.known.get(request);
    if (known) return known;
    const { bearer, cookie } = credentialsOf(request, this.parts.isSecure(request));
    const principal = this.identify(request, { bearer, cookie: takesCookie && this.parts.isOwnPage(request) ? cookie : null });
    this.known.set(request, principal);
    return principal;
  }

  /** Has it read anew who sends a request that has lasted: their access may have ended meanwhile. */
  forget(request: IncomingMessage): void {
    this.known.delete(request);
  }

  /**
   * Who sends a Bearer secret in the payload of `connection_init`, on a socket that `request` opened.
   * @throws AtelierError UNAUTHENTICATED for a secret that opens nothing; LIMIT for an address that tries too many.
   */
  ofBearer(secret: string, request: IncomingMessage): Promise<Principal> {
    return this.identify(request, { bearer: secret, cookie: null });
  }

  private async identify(request: IncomingMessage, credentials: Credentials): Promise<Principal> {
    // Whatever is asked for by the hundred: frames, thumbnails.
    const remembered = this.authenticator.remembered(credentials);
    if (remembered) return remembered;
    const { lookups, audit, addressOf } = this.parts;
    const { bearer, cookie } = credentials;
    const secret = bearer ?? cookie;
    if (secret === null) return this.authenticator.principalOf(credentials);
    const address = addressOf(request);
    const find = async () => {
      try {
        const principal = await this.authenticator.principalOf(credentials);
        return principal === stranger ? null : principal;
      } catch (error) {
        if (!(error instanceof AtelierError && error.code === "UNAUTHENTICATED")) throw error;
        audit.record({ action: "Bearer", code: error.code, principal: null, address });
        return null;
      }
    };
    // Browsers keep a cookie that opens nothing any more.
    const found = await lookups.of(secret, address, find, bearer !== null);
    if (found === null && bearer !== null) throw unauthenticated();
    return found ?? stranger;
  }
}
