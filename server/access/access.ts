import { randomBytes } from "node:crypto";
import type { IncomingMessage } from "node:http";
import type { Bus } from "../bus/bus.js";
import type { AccessMode } from "../records/access.js";
import type { Storage } from "../storage/storage.js";
import type { AuditLog } from "./audit-log.js";
import { type Authenticator, LinkAuthenticator, openToAll } from "./authenticator.js";
import { Gatekeeper, type GuardedFilm } from "./gatekeeper.js";
import { Links } from "./links.js";
import { OpenConnections } from "./open-connections.js";
import { type OpenIdSettings, OpenIdSignIn } from "./openid.js";
import { type Lookups, RequestPrincipals } from "./requests.js";
import { SessionDirectory } from "./session-directory.js";
import { Sharing } from "./sharing.js";
import { Users } from "./users.js";

export interface AccessParts {
  mode: AccessMode;
  /** Whether an admin must approve what others share; by default, none must. */
  requiresApproval?: boolean;
  /** The Bearer secret of commands on this machine; null, the default, for none. */
  operatorSecret?: string | null;
  /** How people sign in, in the mode USERS; null, the default, for none. */
  openId?: OpenIdSettings | null;
  /** Receives what the operator should know, such as that the identity provider cannot be reached. */
  warn?(message: string): void;
  /** Whether a request comes from no page, or from one of this server. */
  isOwnPage(request: IncomingMessage): boolean;
  /** Address of the client that sends a request; null when its connection is gone. */
  addressOf(request: IncomingMessage): string | null;
  /** Whether the browser reaches the server by https, perhaps through a proxy. */
  isSecure(request: IncomingMessage): boolean;
  lookups: Lookups;
  audit: AuditLog;
  storage: Storage;
  bus: Bus;
  /** Null when there is no such film. */
  findFilm(id: string): Promise<GuardedFilm | null>;
}

/** Everything that decides who may do what on a server. */
export interface Access {
  mode: AccessMode;
  authenticator: Authenticator;
  principals: RequestPrincipals;
  gatekeeper: Gatekeeper;
  directory: SessionDirectory;
  connections: OpenConnections;
  links: Links;
  audit: AuditLog;
  addressOf(request: IncomingMessage): string | null;
  isSecure(request: IncomingMessage): boolean;
  lookups: Lookups;
  sharing: Sharing;
  users: Users;
  /** Null where nobody signs in. */
  signIn: OpenIdSignIn | null;
  close(): Promise<void>;
}

export async function openAccess(parts: AccessParts): Promise<Access> {
  const { mode, requiresApproval = false, operatorSecret = null, storage, bus, findFilm, audit, addressOf, isSecure, lookups } = parts;
  const { openId: settings = null, warn = () => undefined } = parts;
  const openId = mode === "USERS" ? settings : null;
  const issuer = openId?.issuer.href ?? null;
  const links = new Links({ storage, bus });
  const directory = new SessionDirectory(storage.sessions, bus);
  const authenticator = mode === "NONE" ? openToAll : await LinkAuthenticator.open(storage.access, bus, operatorSecret, issuer);
  const connections = await OpenConnections.open({ bus, access: storage.access, issuer });
  const key = openId && (await storage.access.sharedKey("sign-in", randomBytes(32).toString("base64url")));
  const signIn = openId && key ? new OpenIdSignIn(openId, warn, Buffer.from(key, "base64url"), storage.access) : null;
  return {
    mode,
    authenticator,
    principals: new RequestPrincipals(authenticator, parts),
    gatekeeper: new Gatekeeper({ storage, directory, findFilm }),
    directory,
    connections,
    links,
    sharing: new Sharing({ storage, bus, links, requiresApproval }),
    audit,
    addressOf,
    isSecure,
    lookups,
    users: new Users({ access: storage.access, bus, links, defaultRole: openId?.defaultRole ?? null }),
    signIn,
    async close() {
      signIn?.close();
      await connections.close();
      await authenticator.close();
      await directory.close();
      await audit.close();
    },
  };
}
