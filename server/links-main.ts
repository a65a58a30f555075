import { parseArgs } from "node:util";
import { Agent, fetch } from "undici";
import { AuditJournal } from "./access/audit-log.js";
import { Links, pathOf } from "./access/links.js";
import { type OperatorAccess, readOperatorFile } from "./access/operator.js";
import { auditSinkOf } from "./audit-sink.js";
import { type Config, readConfig } from "./config.js";
import { messageOf } from "./errors.js";
import { linkLines, localAddress } from "./http/link-addresses.js";
import { createLog } from "./log.js";
import { openEngines } from "./open-engines.js";
import { isOpen, type LinkRecord, LOCAL_OWNER, type Role, roles } from "./records/access.js";

const usage = `Links and tokens by which people and programs may use this server:

  npm run links                                 lists them
  npm run links -- add "Class 7b" artist        makes one with a role: ${roles.map((role) => role.toLowerCase()).join(", ")}
  npm run links -- add "Fair" viewer --expires 2026-12-24
  npm run links -- token "Nightly film" artist  makes a token for a program
  npm run links -- revoke <id>                  ends what it opens, at once`;

/** Who stands in the audit log for this command. */
const operator = { name: "npm run links", role: "ADMIN", ownerId: LOCAL_OWNER } as const;

/** Links, and tokens, that are listed, the newest. */
const MOST_LISTED = 100;

type Listed = Pick<LinkRecord, "id" | "kind" | "name" | "role" | "expiresAt" | "revokedAt">;

/** What the command does with links: through the running server, or in the database of one that is stopped or elsewhere. */
interface LinkDesk {
  /** Links to the server, and then tokens. */
  list(): Promise<Listed[]>;
  /** Returns the path of the new link. */
  add(name: string, role: Role, expiresAt: Date | null): Promise<string>;
  /** Returns the secret of the new token. */
  addToken(name: string, role: Role, expiresAt: Date | null): Promise<string>;
  revoke(id: string): Promise<void>;
  close(): Promise<void>;
}

/** @throws Error that the running server gave */
function deskOf({ address, secret }: OperatorAccess): LinkDesk {
  const ask = async (query: string, variables: object = {}) => {
    const headers = { "Content-Type": "application/json", Authorization: `Bearer ${secret}` };
    const body = JSON.stringify({ query, variables });
    const response = await fetch(`${address}/graphql`, { method: "POST", headers, body, dispatcher: localDispatcher });
    const { data, errors } = (await response.json()) as { data: Record<string, unknown>; errors?: { message: string }[] };
    if (errors?.[0]) throw new Error(errors[0].message);
    return data;
  };
  return {
    async list() {
      const ofKind = (kind: string) => `links(first: ${MOST_LISTED}, kind: ${kind}) { id kind name role expiresAt revokedAt }`;
      const { links, tokens } = await ask(`{ ${ofKind("ACCESS")} tokens: ${ofKind("TOKEN")} }`);
      const dated = (date: unknown) => (date === null ? null : new Date(String(date)));
      return [...(links as Listed[]), ...(tokens as Listed[])].map((link) => ({
        ...link,
        expiresAt: dated(link.expiresAt),
        revokedAt: dated(link.revokedAt),
      }));
    },
    async add(name, role, expiresAt) {
      const { createLink } = await ask("mutation ($input: AccessLinkInput!) { createLink(input: $input) { path } }", {
        input: { name, role, expiresAt },
      });
      return (createLink as { path: string }).path;
    },
    async addToken(name, role, expiresAt) {
      const { createToken } = await ask("mutation ($input: TokenInput!) { createToken(input: $input) { secret } }", {
        input: { name, role, expiresAt },
      });
      return (createToken as { secret: string }).secret;
    },
    revoke: async (id) => void (await ask("mutation ($id: ID!) { revokeLink(id: $id) { id } }", { id })),
    close: async () => undefined,
  };
}

/**
 * Sends a request to the server on this machine. Its certificate names another host, and need not be checked: the secret in
 * the data folder belongs to this run of the server alone.
 */
const localDispatcher = new Agent({ connect: { rejectUnauthorized: false } });

async function deskOfStopped(config: Config): Promise<LinkDesk> {
  const opened: (() => Promise<void>)[] = [];
  const close = async () => {
    for (const closeOne of opened.splice(0).reverse()) await closeOne();
  };
  const capability = () => ({ models: [], maxSize: 0 });
  const log = createLog();
  const engines = await openEngines({ config, log, capability, opened }).catch(async (error: unknown) => {
    await close();
    throw error;
  });
  const { storage, bus } = engines;
  const links = new Links({ storage, bus });
  const audit = new AuditJournal(auditSinkOf(config, engines), log.report);
  opened.push(() => audit.close());
  const record = (action: string, about: Record<string, string>) =>
    audit.record({ action, code: null, principal: operator, address: null, about });
  return {
    async list() {
      const ofKind = (kind: LinkRecord["kind"]) => links.list({ first: MOST_LISTED, skip: 0 }, { kind });
      return [...(await ofKind("ACCESS")), ...(await ofKind("TOKEN"))];
    },
    async add(name, role, expiresAt) {
      const made = await links.create({ name, ownerId: LOCAL_OWNER, expiresAt }, { kind: "ACCESS", role });
      record("Mutation.createLink", { name: made.link.name, role, link: made.link.id });
      return pathOf(made);
    },
    async addToken(name, role, expiresAt) {
      const made = await links.create({ name, ownerId: LOCAL_OWNER, expiresAt }, { kind: "TOKEN", role, replaces: null });
      record("Mutation.createToken", { name: made.link.name, role, link: made.link.id });
      return made.secret;
    },
    async revoke(id) {
      await links.revoke(id);
      record("Mutation.revokeLink", { id });
    },
    close,
  };
}

/** Whether the server that wrote the file still answers. */
async function isRunning({ address }: OperatorAccess): Promise<boolean> {
  return fetch(`${address}/healthz`, { dispatcher: localDispatcher }).then(
    ({ ok }) => ok,
    () => false,
  );
}

function roleOf(text: string): Role {
  const role = roles.find((one) => one === text.toUpperCase());
  if (!role) throw new Error(`The role must be one of ${roles.map((one) => one.toLowerCase()).join(", ")}.`);
  return role;
}

function dateOf(text: string | undefined): Date | null {
  if (text === undefined) return null;
  const date = new Date(text);
  if (Number.isNaN(date.getTime())) throw new Error("--expires takes a date such as 2026-12-24, or 2026-12-24T18:00.");
  return date;
}

async function main(): Promise<void> {
  const { positionals, values } = parseArgs({ allowPositionals: true, options: { expires: { type: "string" } } });
  const [command = "list", first = "", second = ""] = positionals;
  const config = readConfig(process.env);
  const { dataDir, publicUrl, host, port, tlsCert } = config;
  const running = await readOperatorFile(dataDir);
  const desk = running && (await isRunning(running)) ? deskOf(running) : await deskOfStopped(config);
  try {
    if (command === "list") {
      const now = new Date();
      const links = await desk.list();
      for (const link of links)
        console.log(
          `${link.id}  ${(link.role ?? "").toLowerCase().padEnd(6)}  ${stateOf(link, now)}  ${link.name}${link.kind === "TOKEN" ? " (token)" : ""}`,
        );
      console.log(links.length === 0 ? usage : "");
    } else if (command === "add") {
      const path = await desk.add(first, roleOf(second), dateOf(values.expires));
      const local = running?.address ?? localAddress({ port, address: host }, tlsCert === null ? "http" : "https");
      for (const line of linkLines(path, { publicUrl, local, host: running ? (running.host ?? "") : host })) console.log(line);
    } else if (command === "token") {
      console.log(await desk.addToken(first, roleOf(second), dateOf(values.expires)));
    } else if (command === "revoke") {
      await desk.revoke(first);
      console.log("Revoked: it opens nothing any more.");
    } else throw new Error(usage);
  } finally {
    await desk.close();
    await localDispatcher.close();
  }
}

function stateOf(link: Pick<LinkRecord, "expiresAt" | "revokedAt">, now: Date): string {
  if (link.revokedAt !== null) return "revoked";
  return isOpen(link, now) ? "open   " : "expired";
}

await main().catch((error: unknown) => {
  console.error(messageOf(error));
  process.exitCode = 1;
});
