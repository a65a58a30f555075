import { generateKeyPairSync } from "node:crypto";
import { once } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { Provider } from "oidc-provider";

/** What a test gives the provider about an account. */
export interface Account {
  name?: string;
  atelier_role?: unknown;
}

const CLIENT = { client_id: "atelier", client_secret: "a secret of tests" };

/** The page that asks whether to sign out, without anything from elsewhere. */
function askToSignOut(context: { body: unknown }, form: string): void {
  context.body = `<title>Logout</title>${form}<button type="submit" form="op.logoutForm" name="logout" value="yes">Leave</button>`;
}

/** A real OpenID Connect provider in this process, which asks only for the name of an account to sign in. */
export class IdentityProvider {
  /** Accounts by their subjects. Someone unknown has no name and no role. */
  readonly accounts = new Map<string, Account>();
  private provider: Provider | null = null;

  private constructor(private readonly server: Server) {}

  /** It is at localhost and not at 127.0.0.1, so that it is another site for browsers than the server of a test. */
  static async start(): Promise<IdentityProvider> {
    const server = createServer();
    server.listen(0, "localhost");
    await once(server, "listening");
    return new IdentityProvider(server);
  }

  get issuer(): URL {
    return new URL(`http://localhost:${(this.server.address() as AddressInfo).port}`);
  }

  /** How a server of a test signs people in here. */
  get settings() {
    const client = { clientId: CLIENT.client_id, clientSecret: CLIENT.client_secret };
    return { issuer: this.issuer, ...client, roleClaim: "atelier_role", defaultRole: null };
  }

  /** Begins to serve the client, which is at some addresses. */
  serve(...addresses: string[]): void {
    const { privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
    const provider: Provider = new Provider(this.issuer.origin, {
      clients: [
        {
          ...CLIENT,
          redirect_uris: addresses.map((address) => `${address}/access/callback`),
          post_logout_redirect_uris: addresses.map((address) => `${address}/`),
          token_endpoint_auth_method: "client_secret_post",
          id_token_signed_response_alg: "ES256",
        },
      ],
      jwks: { keys: [{ ...privateKey.export({ format: "jwk" }), kid: "tests", use: "sig", alg: "ES256" }] },
      cookies: { keys: ["tests"] },
      claims: { openid: ["sub"], profile: ["name", "atelier_role"] },
      features: { devInteractions: { enabled: false }, rpInitiatedLogout: { enabled: true, logoutSource: askToSignOut } },
      interactions: { url: (_context, { uid }) => `/login/${uid}` },
      ttl: { AccessToken: 600, AuthorizationCode: 60, Grant: 600, IdToken: 600, Interaction: 600, Session: 600 },
      findAccount: (_context, accountId) => ({ accountId, claims: () => ({ sub: accountId, ...this.accounts.get(accountId) }) }),
      // Nobody is asked whether this server may know them.
      async loadExistingGrant({ oidc }) {
        const { session, client } = oidc;
        if (!session?.accountId || !client) return undefined;
        const grant = new provider.Grant({ accountId: session.accountId, clientId: client.clientId });
        grant.addOIDCScope("openid profile");
        await grant.save();
        return grant;
      },
    });
    this.provider = provider;
    const callback = provider.callback();
    this.server.on("request", (request: IncomingMessage, response: ServerResponse) => {
      if (request.url?.startsWith("/login/")) void this.login(provider, request, response);
      else void callback(request, response);
    });
  }

  async close(): Promise<void> {
    this.server.closeAllConnections();
    this.server.close();
    if (this.provider) await once(this.server, "close");
  }

  /** A page with one field, whose form signs in. */
  private async login(provider: Provider, request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (request.method !== "POST") {
      response.setHeader("Content-Type", "text/html");
      response.end('<title>Login</title><form method="post"><label>Account <input name="account"></label><button>Go</button></form>');
      return;
    }
    const accountId = new URLSearchParams(await text(request)).get("account") ?? "";
    await provider.interactionFinished(request, response, { login: { accountId } });
  }
}
