import type { Bus } from "../bus/bus.js";
import type { AccessStore } from "../storage/access.js";
import { unauthenticated } from "./permissions.js";
import { localPrincipal, type Principal, principalOfLink, principalOfVisitor, stranger } from "./principal.js";
import { hashSecret, isSameHash, isSecret } from "./secrets.js";

/** How long an answer is remembered, ms. Where the bus loses a revocation, it holds after this time all the same. */
const REMEMBERED_MS = 1000;
/** Answers that are remembered. */
const MOST_REMEMBERED = 5000;

/** What a request carries to say who sends it. */
export interface Credentials {
  /** The secret of an `Authorization: Bearer` header; null without one. */
  bearer: string | null;
  /** The secret in the visitor's cookie; null without one. */
  cookie: string | null;
}

interface Answer {
  principal: Promise<Principal | null>;
  /** Who it is, once they were found by a right secret. */
  found: Principal | null;
  until: number;
}

/** Tells who sends a request. */
export interface Authenticator {
  /** Who sent the same credentials a moment ago, if they were right; null where `principalOf` must be asked. */
  remembered(credentials: Credentials): Principal | null;
  /**
   * A cookie that opens nothing any more makes a stranger.
   * @throws AtelierError UNAUTHENTICATED for a Bearer secret that opens nothing.
   */
  principalOf(credentials: Credentials): Promise<Principal>;
  close(): Promise<void>;
}

/** Everyone is the one owner of a server that only its own machine can reach. */
export const openToAll: Authenticator = {
  remembered: () => localPrincipal,
  principalOf: async () => localPrincipal,
  close: async () => undefined,
};

/** Knows people and programs by links and tokens, whose secrets they hold, and users by their cookies. */
export class LinkAuthenticator implements Authenticator {
  private readonly answers = new Map<string, Answer>();
  private unsubscribe: () => Promise<void> = async () => undefined;

  private constructor(
    private readonly access: AccessStore,
    private readonly bus: Bus,
    private readonly operatorHash: string | null,
    private readonly issuer: string | null,
  ) {}

  /**
   * `operatorSecret` is the Bearer secret of commands on this machine; null for none. `issuer` is the identity provider
   * whose users may sign in; null for none.
   */
  static async open(access: AccessStore, bus: Bus, operatorSecret: string | null, issuer: string | null): Promise<LinkAuthenticator> {
    const authenticator = new LinkAuthenticator(access, bus, operatorSecret && hashSecret(operatorSecret), issuer);
    const forget = () => authenticator.answers.clear();
    authenticator.unsubscribe = await bus.subscribe("access", forget, forget);
    return authenticator;
  }

  remembered(credentials: Credentials): Principal | null {
    const key = keyOf(credentials);
    const answer = key === null ? undefined : this.answers.get(key);
    return answer && isValid(answer, Date.now()) ? answer.found : null;
  }

  async principalOf(credentials: Credentials): Promise<Principal> {
    const { bearer, cookie } = credentials;
    const key = keyOf(credentials);
    if (key === null) return stranger;
    const principal = await this.answer(key, () => (bearer === null ? this.ofCookie(cookie ?? "") : this.ofBearer(bearer)));
    if (!principal && bearer !== null) throw unauthenticated();
    return principal ?? stranger;
  }

  close(): Promise<void> {
    return this.unsubscribe();
  }

  private async ofBearer(secret: string): Promise<Principal | null> {
    if (!isSecret(secret)) return null;
    const hash = hashSecret(secret);
    if (this.operatorHash !== null && isSameHash(hash, this.operatorHash)) return localPrincipal;
    return principalOfLink(await this.access.linkOf(hash), new Date());
  }

  private async ofCookie(secret: string): Promise<Principal | null> {
    if (!isSecret(secret)) return null;
    const hash = hashSecret(secret);
    const visitor = await this.access.visitorOf(hash);
    // Whoever uses the present secret has received it. What was opened by the one before closes.
    const ended = visitor && (await this.access.endPrevious(hash));
    if (ended !== null) await this.bus.publish("access", { type: "admitted", visitorId: ended });
    return visitor && principalOfVisitor(visitor, new Date(), this.issuer);
  }

  private async answer(key: string, find: () => Promise<Principal | null>): Promise<Principal | null> {
    const now = Date.now();
    const known = this.answers.get(key);
    if (known && isValid(known, now)) return known.principal;
    const fresh: Answer = { principal: find(), found: null, until: now + REMEMBERED_MS };
    if (this.answers.size >= MOST_REMEMBERED) this.answers.delete(this.answers.keys().next().value ?? "");
    this.answers.set(key, fresh);
    try {
      fresh.found = await fresh.principal;
      return fresh.found;
    } catch (error) {
      if (this.answers.get(key) === fresh) this.answers.delete(key);
      throw error;
    }
  }
}

/** The key of an answer; null for credentials without a secret. */
function keyOf({ bearer, cookie }: Credentials): string | null {
  if (bearer !== null) return `bearer ${bearer}`;
  return cookie === null ? null : `cookie ${cookie}`;
}

/** Whether an answer holds at a time, ms: it was read lately, and the access that it found has not expired. */
function isValid({ until, found }: Answer, now: number): boolean {
  return until > now && (found?.expiresAt == null || found.expiresAt.getTime() > now);
}
