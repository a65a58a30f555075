import { unauthenticated } from "../access/permissions.js";
import type { Principal } from "../access/principal.js";
import type { ApiContext, Renewal } from "./context.js";

export interface SocketCredentialParts {
  /** @throws AtelierError UNAUTHENTICATED for a secret that opens nothing */
  principalOf(secret: string): Promise<Principal>;
  /** Gives the socket to a principal. */
  admit(principal: Principal): void;
  /** The context of the socket's operations; null once its access has ended. */
  current(): ApiContext | null;
}

/** The credential of one socket, and the subscriptions that depend on it. */
export class SocketCredential implements Renewal {
  private readonly listeners = new Set<(renewed: Principal) => Promise<void>>();

  constructor(private readonly parts: SocketCredentialParts) {}

  async renew(secret: string): Promise<Principal> {
    const principal = await this.parts.principalOf(secret);
    // Its access may have ended meanwhile, and the socket is closing.
    if (this.current() === null) throw unauthenticated();
    this.parts.admit(principal);
    await Promise.all([...this.listeners].map((listener) => listener(principal)));
    return principal;
  }

  current(): ApiContext | null {
    return this.parts.current();
  }

  watch(listener: (renewed: Principal) => Promise<void>): () => void {
    this.listeners.add(listener);
    return () => void this.listeners.delete(listener);
  }
}
