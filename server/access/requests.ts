import type { IncomingMessage } from "node:http";
import type { Authenticator, Credentials } from "./authenticator.js";
import type { Principal } from "./principal.js";

/** Name of the cookie that holds a visitor's secret. */
export const COOKIE = "atelier";

/** What a request carries to say who sends it. Other schemes than Bearer are a proxy's. */
export function credentialsOf({ headers }: Pick<IncomingMessage, "headers">): Credentials {
  const [, bearer = null] = /^Bearer +(\S*) *$/i.exec(headers.authorization ?? "") ?? [];
  const [, cookie = null] = new RegExp(`(?:^|; *)${COOKIE}=([\\w-]+)`).exec(headers.cookie ?? "") ?? [];
  return { bearer, cookie };
}

/** Tells who sends a request, once for each. */
export class RequestPrincipals {
  private readonly known = new WeakMap<IncomingMessage, Promise<Principal>>();

  constructor(private readonly authenticator: Authenticator) {}

  /** @throws AtelierError UNAUTHENTICATED for a Bearer secret that opens nothing. */
  of(request: IncomingMessage): Promise<Principal> {
    const known = this.known.get(request) ?? this.authenticator.principalOf(credentialsOf(request));
    this.known.set(request, known);
    return known;
  }
}
