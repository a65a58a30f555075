import type { IncomingMessage } from "node:http";
import type { Bus } from "../bus/bus.js";
import type { AccessMode } from "../records/access.js";
import type { Storage } from "../storage/storage.js";
import type { AuditLog } from "./audit-log.js";
import { type Authenticator, LinkAuthenticator, openToAll } from "./authenticator.js";
import { Gatekeeper, type GuardedFilm } from "./gatekeeper.js";
import { Links } from "./links.js";
import { OpenConnections } from "./open-connections.js";
import { RequestPrincipals } from "./requests.js";
import { SessionDirectory } from "./session-directory.js";
import { Sharing } from "./sharing.js";

export interface AccessParts {
  mode: AccessMode;
  /** Whether an admin must approve what others share; by default, none must. */
  requiresApproval?: boolean;
  /** The Bearer secret of commands on this machine; null, the default, for none. */
  operatorSecret?: string | null;
  /** Whether a request comes from no page, or from one of this server. */
  isOwnPage(request: IncomingMessage): boolean;
  /** Address of the client that sends a request; null when its connection is gone. */
  addressOf(request: IncomingMessage): string | null;
  audit: AuditLog;
  storage: Storage;
  bus: Bus;
  /** Null when there is no such film. */
  findFilm(id: string): GuardedFilm | null;
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
  sharing: Sharing;
  close(): Promise<void>;
}

export async function openAccess(parts: AccessParts): Promise<Access> {
  const { mode, requiresApproval = false, operatorSecret = null, storage, bus, findFilm, audit, addressOf } = parts;
  const directory = new SessionDirectory(storage.sessions, bus);
  const authenticator = mode === "NONE" ? openToAll : await LinkAuthenticator.open(storage.access, bus, operatorSecret);
  const links = new Links({ storage, bus });
  const connections = await OpenConnections.open(bus);
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
    async close() {
      await connections.close();
      await authenticator.close();
      await directory.close();
      await audit.close();
    },
  };
}
