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

  /** `isOwnPage` says whether a request comes from no page, or from one of this server: others act without its cookies. */
  constructor(
    private readonly authenticator: Authenticator,
    private readonly isOwnPage: (request: IncomingMessage) => boolean,
  ) {}

  /** @throws AtelierError UNAUTHENTICATED for a Bearer secret that opens nothing. */
  of(request: IncomingMessage, takesCookie = true): Promise<Principal> {
    const { bearer, cookie } = credentialsOf(request);
    const known =
      this.known.get(request) ?? this.authenticator.principalOf({ bearer, cookie: takesCookie && this.isOwnPage(request) ? cookie : null });
    this.known.set(request, known);
    return known;
  }

  /** @throws AtelierError UNAUTHENTICATED for a secret that opens nothing. */
  ofBearer(secret: string): Promise<Principal> {
    return this.authenticator.principalOf({ bearer: secret, cookie: null });
  }
}
