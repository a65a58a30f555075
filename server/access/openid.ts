import * as client from "openid-client";
import { AtelierError } from "../errors.js";
import type { Role } from "../records/access.js";
import type { AccessStore } from "../storage/access.js";
import { type Identity, nameIn, roleIn } from "./identity.js";
import { Seal } from "./sealed.js";
import { WarningThrottle } from "./warning-throttle.js";

/** How long someone may take to sign in at the identity provider, ms. */
export const ATTEMPT_MS = 10 * 60_000;
/** How long the identity provider may take to answer, s. */
const ANSWER_S = 10;
/** Characters of a reason in the log. */
const MAX_REASON = 500;
const SCOPE = "openid profile";

/** How people sign in at an identity provider. */
export interface OpenIdSettings {
  /** Its address; http only on this machine. */
  issuer: URL;
  clientId: string;
  /** Null for a public client. */
  clientSecret: string | null;
  /** Name of the claim with roles. */
  roleClaim: string;
  /** The role of those for whom the provider names none; null refuses them. */
  defaultRole: Role | null;
}

/** One attempt to sign in, which the browser keeps, sealed, while it is at the identity provider. */
interface Attempt {
  state: string;
  nonce: string;
  verifier: string;
  redirectUri: string;
  /** Where the browser goes afterwards: a path on this server. */
  returnTo: string;
  /** The secret of the browser's cookie before; null without one. */
  before: string | null;
  until: number;
}

/** Someone who has come back from the identity provider. */
export interface Returned extends Pick<Attempt, "returnTo" | "before"> {
  identity: Identity;
}

/** Signs people in by OpenID Connect: the authorization code flow with PKCE, state and nonce. */
export class OpenIdSignIn {
  private readonly seal: Seal<Attempt>;
  private readonly refusals: WarningThrottle;
  private readonly failures: WarningThrottle;
  private discovered: Promise<client.Configuration> | null = null;

  /**
   * `key` seals attempts. All servers have the same one, since an attempt may begin at one of them and end at another. `warn`
   * tells the operator why sign-in failed.
   */
  constructor(
    private readonly settings: OpenIdSettings,
    warn: (message: string) => void,
    key: Buffer,
    private readonly access: Pick<AccessStore, "endAttempt">,
  ) {
    this.seal = new Seal(key);
    this.refusals = new WarningThrottle(warn);
    this.failures = new WarningThrottle(warn);
  }

  /**
   * Begins an attempt. Returns the identity provider's address to go to, and the attempt, sealed.
   * @throws AtelierError UNAVAILABLE when the provider cannot be reached
   */
  async start({ redirectUri, returnTo, before }: Pick<Attempt, "redirectUri" | "returnTo" | "before">) {
    const provider = await this.provider();
    const [state, nonce, verifier] = [client.randomState(), client.randomNonce(), client.randomPKCECodeVerifier()];
    const address = client.buildAuthorizationUrl(provider, {
      ...{ redirect_uri: redirectUri, scope: SCOPE, state, nonce },
      code_challenge: await client.calculatePKCECodeChallenge(verifier),
      code_challenge_method: "S256",
    });
    const attempt = this.seal.close({ state, nonce, verifier, redirectUri, returnTo, before, until: Date.now() + ATTEMPT_MS });
    return { address, attempt };
  }

  /**
   * Ends an attempt, which counts once, with what the identity provider sent: the query of the address to which it sent the browser back.
   * @throws AtelierError UNAUTHENTICATED for an attempt that is not this browser's, is over, or was refused; UNAVAILABLE
   */
  async finish(sealed: string | null, query: string): Promise<Returned> {
    const attempt = sealed === null ? null : this.seal.open(sealed);
    if (!attempt || attempt.until < Date.now()) throw notSignedIn();
    const { state, nonce, verifier, redirectUri, returnTo, before } = attempt;
    const address = new URL(redirectUri);
    address.search = query;
    // Before the provider is asked: someone may have been sent here with another's code.
    if (address.searchParams.get("state") !== state) throw notSignedIn();
    // A stolen cookie of an attempt could be sent again.
    if (!(await this.access.endAttempt(state, new Date(attempt.until), new Date()))) throw notSignedIn();
    const provider = await this.provider();
    try {
      const checks = { expectedState: state, expectedNonce: nonce, pkceCodeVerifier: verifier };
      const tokens = await client.authorizationCodeGrant(provider, address, checks);
      return { identity: await this.identityOf(provider, tokens), returnTo, before };
    } catch (cause) {
      this.refusals.add(`Someone could not sign in at ${this.settings.issuer.href}: ${reasonOf(cause)}`);
      throw notSignedIn(cause);
    }
  }

  /**
   * The identity provider's address that ends its session of a browser, and then sends the browser to `returnTo`. Null
   * for a provider that has none, or cannot be reached.
   */
  async signOutAddress(returnTo: string): Promise<URL | null> {
    try {
      const provider = await this.provider();
      if (provider.serverMetadata().end_session_endpoint === undefined) return null;
      return client.buildEndSessionUrl(provider, { post_logout_redirect_uri: returnTo });
    } catch (error) {
      // Signing out here must not depend on the provider.
      if (!(error instanceof AtelierError)) this.failures.add(`Nobody can sign out at ${this.settings.issuer.href}: ${reasonOf(error)}`);
      return null;
    }
  }

  /** Passes on the warnings that were held back. */
  close(): void {
    this.refusals.close();
    this.failures.close();
  }

  private async identityOf(
    provider: client.Configuration,
    tokens: Awaited<ReturnType<typeof client.authorizationCodeGrant>>,
  ): Promise<Identity> {
    const { issuer, roleClaim } = this.settings;
    const named: Record<string, unknown> = { ...tokens.claims() };
    const subject = String(named.sub);
    // Some providers tell only here what someone is called, and which roles they have.
    const isComplete = roleIn(named, roleClaim) !== null && typeof named.name === "string";
    const isAsked = !isComplete && provider.serverMetadata().userinfo_endpoint !== undefined;
    const claims = isAsked ? { ...named, ...(await client.fetchUserInfo(provider, tokens.access_token, subject)) } : named;
    return { issuer: issuer.href, subject, name: nameIn(claims), role: roleIn(claims, roleClaim) };
  }

  /** The provider, which is asked once for its addresses and keys. One that cannot be reached is asked again. */
  private async provider(): Promise<client.Configuration> {
    const { issuer, clientId, clientSecret } = this.settings;
    this.discovered ??= client.discovery(
      issuer,
      clientId,
      {},
      clientSecret === null ? client.None() : client.ClientSecretPost(clientSecret),
      {
        timeout: ANSWER_S,
        // The settings allow http on this machine alone.
        execute: [client.enableNonRepudiationChecks, ...(issuer.protocol === "http:" ? [client.allowInsecureRequests] : [])],
      },
    );
    try {
      return await this.discovered;
    } catch (cause) {
      this.discovered = null;
      this.failures.add(`The identity provider ${issuer.href} cannot be used: ${reasonOf(cause)}`);
      throw new AtelierError("UNAVAILABLE", "The identity provider cannot be reached. Try again later.", {}, { cause });
    }
  }
}

function notSignedIn(cause?: unknown): AtelierError {
  return new AtelierError("UNAUTHENTICATED", "You were not signed in. Try again.", {}, { cause });
}

/** An error in words, with those of what caused it, on one line: anyone may have written them. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { error: code, error_description: description } = error as { error?: unknown; error_description?: unknown };
  const details = [code, description].filter((text) => typeof text === "string");
  const cause = error.cause instanceof Error ? [error.cause.message] : [];
  return [error.message, ...details, ...cause]
    .join("; ")
    .replace(/[\p{Cc}\s]+/gu, " ")
    .slice(0, MAX_REASON);
}
