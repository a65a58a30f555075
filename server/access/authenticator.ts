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
  until: number;
}

/** Tells who sends a request. */
export interface Authenticator {
  /**
   * A cookie that opens nothing any more makes a stranger.
   * @throws AtelierError UNAUTHENTICATED for a Bearer secret that opens nothing.
   */
  principalOf(credentials: Credentials): Promise<Principal>;
  close(): Promise<void>;
}

/** Everyone is the one owner of a server that only its own machine can reach. */
export const openToAll: Authenticator = {
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

  async principalOf({ bearer, cookie }: Credentials): Promise<Principal> {
    if (bearer !== null) {
      const program = await this.answer(`bearer ${bearer}`, () => this.ofBearer(bearer));
      if (!program) throw unauthenticated();
      return program;
    }
    return (cookie === null ? null : await this.answer(`cookie ${cookie}`, () => this.ofCookie(cookie))) ?? stranger;
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
    if (known && known.until > now) {
      const principal = await known.principal;
      if (!principal?.expiresAt || principal.expiresAt.getTime() > now) return principal;
    }
    const fresh = { principal: find(), until: now + REMEMBERED_MS };
    if (this.answers.size >= MOST_REMEMBERED) this.answers.delete(this.answers.keys().next().value ?? "");
    this.answers.set(key, fresh);
    try {
      return await fresh.principal;
    } catch (error) {
      if (this.answers.get(key) === fresh) this.answers.delete(key);
      throw error;
    }
  }
}
