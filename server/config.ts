import { statSync } from "node:fs";
import { isIP } from "node:net";
import { resolve } from "node:path";
import {
  addressOrNetwork,
  ConfigError,
  engineAddress,
  existingFile,
  issuer,
  mayHoldSecret,
  megabytes,
  mirrorAddress,
  oneOf,
  origin,
  SecretConfigError,
  storeAddress,
  wholeNumber,
} from "./config-values.js";
import { type DeviceChoice, deviceChoices, isDeviceChoice } from "./device/messages.js";
import { isLoopback } from "./http/own-names.js";
import { limitTable } from "./limits/table.js";
import { type LogFormat, logFormats } from "./log.js";
import { type AccessMode, accessModes, type Role, roles } from "./records/access.js";
import type { ObjectsAddress } from "./storage/remote/objects-address.js";

/** Settings of the server, as read from the environment. */
export interface Config {
  /** 0 for any free port. */
  port: number;
  host: string;
  /** How the server knows who may use it. */
  access: AccessMode;
  /** Whether an admin must approve what others share before it is shown. */
  approval: boolean;
  /** How long the work of others than admins is kept after it was last touched, h; null for ever. */
  retentionHours: number | null;
  /** The identity provider of `access` USERS, http only on this machine; null for none. */
  oidcIssuer: URL | null;
  /** What the identity provider calls this server. */
  oidcClientId: string;
  /** Null for a public client. */
  oidcClientSecret: string | null;
  /** Name of the claim with roles. */
  oidcRoleClaim: string;
  /** The role of those for whom the identity provider names none; null refuses them. */
  oidcDefaultRole: Role | null;
  /** The address that browsers show, where a proxy stands in front; null for this machine's own addresses. */
  publicUrl: URL | null;
  /** Paths of the certificate and its key, as PEM, where the server speaks https itself; null for http. */
  tlsCert: string | null;
  tlsKey: string | null;
  /** Addresses and networks of proxies whose X-Forwarded headers are true. */
  trustedProxies: string[];
  /** What this process does: serve the API, run sessions, or both. */
  role: ServerRole;
  /** Address of the PostgreSQL that processes share, with its secrets; null where one process has everything. */
  databaseUrl: string | null;
  /** Address of their Redis. */
  redisUrl: string | null;
  /** Where they share pictures and checkpoints. */
  blobs: ObjectsAddress | null;
  /** Folder of all data that outlives the process. */
  dataDir: string;
  /** Folder with models, or the address of one, which ends in a slash; null for none. */
  modelMirror: string | URL | null;
  /** Space for the kept frames of one session, bytes. */
  sessionBytes: number;
  /** Space for the kept frames of all sessions, bytes. */
  historyBytes: number;
  /** Space for the pictures, kept frames and films of one owner, bytes. */
  ownerBytes: number;
  /** Sessions that may wait at a time. */
  queuedSessions: number;
  /** Never download models. */
  offline: boolean;
  device: DeviceChoice;
  /** Origins of web pages, other than the studio, that may use this server. */
  origins: string[];
  /** Whether browsers get GraphiQL. */
  graphiql: boolean;
  /** Whether those who may use the API may read its schema. */
  introspection: boolean;
  /** Whether `/metrics` is there. */
  metrics: boolean;
  /** How the log is written. */
  log: LogFormat;
}

/** The settings as their variables have them, each by itself: GraphiQL is null for where everyone is the owner. */
type Settings = Omit<Config, "graphiql"> & { graphiql: boolean | null };

export const serverRoles = ["all", "api", "worker"] as const;
export type ServerRole = (typeof serverRoles)[number];

interface Variable<Value> {
  name: string;
  /** Value used when the variable is not set. */
  default: string;
  /** Markdown for the table in docs/operate.md. */
  help: string;
  /** @throws ConfigError that names the allowed values */
  parse(text: string): Value;
}

const loopback: readonly string[] = ["127.0.0.1", "localhost", "::1"];

/** Every environment variable that the server reads. `npm run docs` copies them to docs/operate.md. */
export const variables = {
  port: {
    name: "PORT",
    default: "4000",
    help: "Port to listen on; `0` takes any free port.",
    parse(text) {
      if (!/^\d{1,5}$/.test(text) || Number(text) > 65_535) throw new ConfigError("must be a port from 0 to 65535");
      return Number(text);
    },
  },
  host: {
    name: "HOST",
    default: "127.0.0.1",
    help: "Address to listen on. Other than `127.0.0.1`, `localhost` and `::1`, such as `0.0.0.0` for all of this machine's, it needs `ATELIER_ACCESS`.",
    parse(text) {
      if (!loopback.includes(text) && isIP(text) === 0) throw new ConfigError("must be localhost or an IP address of this machine");
      return text;
    },
  },
  access: {
    name: "ATELIER_ACCESS",
    default: "none",
    help: "Who may use the server: `none` asks nobody, and only this machine can reach the server; `link` asks for a link with a role; `users` also lets people sign in at an identity provider.",
    parse: (text) =>
      oneOf(
        accessModes.map((mode) => mode.toLowerCase()),
        text,
      ).toUpperCase() as AccessMode,
  },
  approval: {
    name: "ATELIER_APPROVAL",
    default: "0",
    help: "`1` shows what artists share only once an admin approved it; needs `ATELIER_ACCESS`.",
    parse: (text) => oneOf(["0", "1"], text) === "1",
  },
  retentionHours: {
    name: "ATELIER_RETENTION_HOURS",
    default: "",
    help: "Hours after which paintings and unused pictures of others than admins are deleted, from when they were last started, painted or changed; empty keeps them. Needs `ATELIER_ACCESS`.",
    parse(text) {
      if (text === "") return null;
      if (!/^[1-9]\d{0,4}$/.test(text)) throw new ConfigError("must be a whole number of hours from 1 to 99999, or empty");
      return Number(text);
    },
  },
  oidcIssuer: {
    name: "ATELIER_OIDC_ISSUER",
    default: "",
    help: "Address of the identity provider (OpenID Connect) where people sign in, such as `https://id.example/realms/studio`; `ATELIER_ACCESS=users` needs it.",
    parse: (text) => (text === "" ? null : issuer(text)),
  },
  oidcClientId: {
    name: "ATELIER_OIDC_CLIENT_ID",
    default: "atelier",
    help: "What the identity provider calls this server.",
    parse: (text) => text,
  },
  oidcClientSecret: {
    name: "ATELIER_OIDC_CLIENT_SECRET",
    default: "",
    help: "The secret that the identity provider gave this server; none for a public client.",
    parse: (text) => (text === "" ? null : text),
  },
  oidcRoleClaim: {
    name: "ATELIER_OIDC_ROLE_CLAIM",
    default: "atelier_role",
    help: "Claim with the roles of a user: `admin`, `artist` or `viewer`, or a list of which the highest counts. `realm_access.roles` looks into an object.",
    parse: (text) => text,
  },
  oidcDefaultRole: {
    name: "ATELIER_OIDC_DEFAULT_ROLE",
    default: "none",
    help: "Role of users whose claim has none: `none` refuses them, `viewer` or `artist` lets them in.",
    parse: (text) => roles.find((role) => role.toLowerCase() === oneOf(["none", "viewer", "artist"], text)) ?? null,
  },
  publicUrl: {
    name: "ATELIER_PUBLIC_URL",
    default: "",
    help: "The address that browsers show where a proxy stands in front, such as `https://atelier.example`: scheme, host and port. Other than of this machine, such as `http://localhost:8080`, it needs `ATELIER_ACCESS`.",
    parse(text) {
      if (text === "") return null;
      const address = URL.canParse(text) ? new URL(text) : null;
      if (address && address.pathname !== "/") {
        throw new ConfigError(
          "must not have a path: the studio's pages know each other by absolute paths, so it needs a host name or port of its own",
        );
      }
      return new URL(origin(text));
    },
  },
  tlsCert: {
    name: "ATELIER_TLS_CERT",
    default: "",
    help: "File with a certificate and those of its issuers (PEM), with which the server speaks https; needs `ATELIER_TLS_KEY`. Read again when it changes.",
    parse: existingFile,
  },
  tlsKey: {
    name: "ATELIER_TLS_KEY",
    default: "",
    help: "File with the key of that certificate (PEM).",
    parse: existingFile,
  },
  trustedProxies: {
    name: "ATELIER_TRUSTED_PROXIES",
    default: "",
    help: "Addresses or networks of proxies, separated by commas, such as `127.0.0.1, 10.0.0.0/8`. Only they say with X-Forwarded-For and X-Forwarded-Proto who asks, and whether by https. Needs `ATELIER_ACCESS`.",
    parse: (text) => text.split(",").flatMap((part) => (part.trim() === "" ? [] : [addressOrNetwork(part.trim())])),
  },
  role: {
    name: "ATELIER_ROLE",
    default: "all",
    help: "What this process does: `api` serves the API and the studio, `worker` runs sessions, `all` does both. `api` and `worker` need the next three.",
    parse: (text) => oneOf(serverRoles, text),
  },
  databaseUrl: {
    name: "DATABASE_URL",
    default: "",
    help: "PostgreSQL 15 or newer that several processes share, such as `postgres://atelier:secret@db:5432/atelier`; empty for one process with its own database.",
    parse: (text) => engineAddress(text, ["postgres:", "postgresql:"]),
  },
  redisUrl: {
    name: "REDIS_URL",
    default: "",
    help: "Redis that wakes the processes and carries their messages, such as `redis://redis:6379`; `DATABASE_URL` needs it.",
    parse: (text) => engineAddress(text, ["redis:", "rediss:"]),
  },
  blobs: {
    name: "ATELIER_BLOBS",
    default: "",
    help: "Where the processes share pictures and checkpoints: the absolute path of a shared folder, or `s3://bucket/prefix` with the usual variables of AWS; `DATABASE_URL` needs it.",
    parse: (text) => (text === "" ? null : storeAddress(text)),
  },
  dataDir: {
    name: "ATELIER_DATA",
    default: "./data",
    help: "Folder for sessions, pictures, frames, exports and downloaded models.",
    parse: (text) => resolve(text),
  },
  modelMirror: {
    name: "ATELIER_MODEL_MIRROR",
    default: "",
    help: "Folder, or http(s) address of a folder, that holds models: `<id>/card.json` and the file that the card names.",
    parse(text) {
      if (text === "") return null;
      if (/^[a-z][a-z0-9+.-]*:\/\//i.test(text)) return mirrorAddress(text);
      const folder = resolve(text);
      if (!statSync(folder, { throwIfNoEntry: false })?.isDirectory()) throw new ConfigError("must be a folder that exists");
      return folder;
    },
  },
  sessionBytes: {
    name: "ATELIER_SESSION_MB",
    default: "512",
    help: "Space in MB for the kept frames of one session; a session that exceeds it is thinned evenly.",
    parse: megabytes,
  },
  historyBytes: {
    name: "ATELIER_HISTORY_MB",
    default: "16000",
    help: "Space in MB for the kept frames of all sessions; beyond it the largest sessions are thinned.",
    parse: megabytes,
  },
  ownerBytes: {
    name: "ATELIER_OWNER_MB",
    default: String(limitTable.ownBytes.value / 1e6),
    help: "Space in MB for the pictures, kept frames and films of one owner, except admins; beyond it they start and upload nothing more. All who came by one link have ten times as much together.",
    parse: megabytes,
  },
  queuedSessions: {
    name: "ATELIER_QUEUED_SESSIONS",
    default: String(limitTable.queuedSessions.value),
    help: "Sessions that may wait at a time, in a fleet all together; a tenth of the places is for admins alone.",
    parse: (text) => wholeNumber(text, { min: 10, max: 100_000 }),
  },
  offline: {
    name: "ATELIER_OFFLINE",
    default: "0",
    help: "`1` downloads no models; a mirror folder is still read.",
    parse: (text) => oneOf(["0", "1"], text) === "1",
  },
  device: {
    name: "ATELIER_DEVICE",
    default: "auto",
    help: `Device that computes: ${deviceChoices.map((choice) => `\`${choice}\``).join(", ")}. \`cuda:1\` is the second card of NVIDIA.`,
    parse(text) {
      if (!isDeviceChoice(text)) throw new ConfigError(`must be one of ${deviceChoices.join(", ")}, or cuda:1 for a second card of NVIDIA`);
      return text === "cuda:0" ? "cuda" : text;
    },
  },
  origins: {
    name: "ATELIER_ORIGINS",
    default: "",
    help: "Origins of other web pages that may use the server, separated by commas, such as `https://studio.example`. Those of other machines than this one need `ATELIER_ACCESS`.",
    parse: (text) => text.split(",").flatMap((part) => (part.trim() === "" ? [] : [origin(part.trim())])),
  },
  graphiql: {
    name: "ATELIER_GRAPHIQL",
    default: "auto",
    help: "`1` gives browsers GraphiQL at `/graphql`, `0` does not; `auto` does where `ATELIER_ACCESS` is `none`.",
    parse: (text) => ({ auto: null, "0": false, "1": true })[oneOf(["auto", "0", "1"], text)],
  },
  introspection: {
    name: "ATELIER_INTROSPECTION",
    default: "1",
    help: "`0` shows the schema to nobody, neither by introspection nor at `/schema.graphql`; GraphiQL needs it.",
    parse: (text) => oneOf(["0", "1"], text) === "1",
  },
  metrics: {
    name: "ATELIER_METRICS",
    default: "1",
    help: "`0` leaves out `/metrics`.",
    parse: (text) => oneOf(["0", "1"], text) === "1",
  },
  log: {
    name: "ATELIER_LOG",
    default: "text",
    help: "How the log is written: `text` for people, `json` for programs, one record a line.",
    parse: (text) => oneOf(logFormats, text),
  },
} as const satisfies { [Key in keyof Config]: Variable<Settings[Key]> };

/** Reads the environment. @throws ConfigError for bad values and unknown names that begin with ATELIER_. */
export function readConfig(env: NodeJS.ProcessEnv): Config {
  const known = new Set<string>(Object.values(variables).map(({ name }) => name));
  const unknown = Object.keys(env).filter((name) => name.startsWith("ATELIER_") && !known.has(name));
  if (unknown.length > 0) {
    throw new ConfigError(`Unknown environment variable ${unknown.join(", ")}. The known ones are ${[...known].join(", ")}.`);
  }
  const values = Object.entries<Variable<unknown>>(variables).map(([key, variable]) => [key, read(variable, env)]);
  const settings = Object.fromEntries(values) as Settings;
  const config: Config = { ...settings, graphiql: settings.graphiql ?? settings.access === "NONE" };
  requireEngines(config);
  refuseOpenServer(config);
  for (const [name, isUsed] of [
    [variables.approval.name, config.approval],
    [variables.retentionHours.name, config.retentionHours !== null],
  ] as const) {
    if (isUsed && config.access === "NONE") {
      throw new ConfigError(`${name} tells admins and others apart, so it needs ATELIER_ACCESS; docs/access.md says more.`);
    }
  }
  if (config.access === "USERS" && config.oidcIssuer === null) {
    throw new ConfigError("ATELIER_ACCESS=users needs ATELIER_OIDC_ISSUER, where people sign in; docs/access.md says more.");
  }
  if ((config.tlsCert === null) !== (config.tlsKey === null))
    throw new ConfigError("ATELIER_TLS_CERT and ATELIER_TLS_KEY need each other.");
  return config;
}

/** @throws ConfigError when a server that does not ask who is using it could be used from elsewhere. */
function refuseOpenServer({ access, role, host, publicUrl, origins, trustedProxies }: Config): void {
  if (access !== "NONE") return;
  const refuse = (what: string) => {
    throw new ConfigError(`${what}: set ATELIER_ACCESS=link too; docs/access.md says more.`);
  };
  if (publicUrl && !isLoopback(publicUrl.origin)) {
    refuse(`ATELIER_PUBLIC_URL=${publicUrl.origin} lets everyone who reaches that address use the server`);
  }
  // A worker shows others only whether it is well, and its metrics.
  if (role === "worker") return;
  if (!loopback.includes(host)) refuse(`HOST=${host} lets other machines reach the server, so it must know who may use it`);
  if (trustedProxies.length > 0) refuse("ATELIER_TRUSTED_PROXIES is for a proxy, which lets everyone who reaches it use the server");
  const foreign = origins.find((origin) => !isLoopback(origin));
  if (foreign === undefined) return;
  refuse(`ATELIER_ORIGINS=${foreign} lets pages of another machine do everything here (ATELIER_PUBLIC_URL is for a proxy's own address)`);
}

/** @throws ConfigError unless all of the shared engines are named, or none where one process does everything. */
function requireEngines({ role, databaseUrl, redisUrl, blobs }: Config): void {
  const engines = [
    [variables.databaseUrl.name, databaseUrl],
    [variables.redisUrl.name, redisUrl],
    [variables.blobs.name, blobs],
  ] as const;
  const missing = engines.flatMap(([name, value]) => (value === null ? [name] : []));
  if (missing.length === 0 || (missing.length === engines.length && role === "all")) return;
  const reason =
    role === "all"
      ? "DATABASE_URL, REDIS_URL and ATELIER_BLOBS need each other"
      : `ATELIER_ROLE=${role} works with others through shared engines`;
  throw new ConfigError(`${reason}: set ${missing.join(" and ")} too; docs/operate.md says more.`);
}

function read<Value>(variable: Variable<Value>, env: NodeJS.ProcessEnv): Value {
  const text = env[variable.name] || variable.default;
  try {
    return variable.parse(text);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    const shown = error instanceof SecretConfigError || mayHoldSecret(text) ? "" : `=${text}`;
    throw new ConfigError(`${variable.name}${shown} ${error.message.replace(/\.$/, "")}.`);
  }
}
