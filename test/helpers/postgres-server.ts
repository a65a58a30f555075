import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { existsSync, readdirSync } from "node:fs";
import { chown, mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import pg from "pg";
import { openRemoteDatabase } from "../../server/storage/remote/database.js";

/** A PostgreSQL server for tests, on a free port, with a data folder of its own that goes with it. */
export interface PostgresServer {
  /** Address of a new database: a copy of a migrated one, or an empty one. */
  newDatabase(content?: "migrated" | "empty"): Promise<string>;
  /** Runs a statement in the database `postgres`. */
  execute(statement: string): Promise<void>;
  /** Ends the server and all its connections; `start` starts it again with its data. */
  stop(): Promise<void>;
  start(): Promise<void>;
  /** Ends the server and deletes its data. */
  close(): Promise<void>;
}

const OLDEST = 15;
const USER = "atelier";

/** Folder of the programs of the newest PostgreSQL of version 15 or later; null where there is none. */
export const postgresPrograms = findPrograms();

/** Why tests with PostgreSQL are skipped where `postgresPrograms` is null. */
export const noPostgres = `PostgreSQL ${OLDEST} or later is not installed, so storage that several servers share is not tested.`;

/** Starts a server for at most so many connections. Nothing is flushed to disk, which makes it fast. */
export async function startPostgres({ connections = 100 } = {}): Promise<PostgresServer> {
  if (postgresPrograms === null) throw new Error(noPostgres);
  const programs = postgresPrograms;
  const user = unprivilegedUser();
  const folder = await mkdtemp(join(tmpdir(), "atelier-postgres-"));
  if (user) await chown(folder, user.uid, user.gid);
  const data = join(folder, "data");
  const initdb = ["--pgdata", data, "--username", USER, "--auth", "trust", "--encoding", "UTF8", "--locale", "C.UTF-8", "--no-sync"];
  execFileSync(join(programs, "initdb"), initdb, { ...user, cwd: folder, stdio: ["ignore", "ignore", "pipe"] });
  const port = await freePort();
  const addressOf = (database: string) => `postgres://${USER}@127.0.0.1:${port}/${database}`;
  let server: ChildProcess | null = null;

  async function start(): Promise<void> {
    const settings = {
      fsync: "off",
      full_page_writes: "off",
      listen_addresses: "127.0.0.1",
      unix_socket_directories: "",
      port,
      max_connections: connections,
    };
    const flags = Object.entries(settings).flatMap(([name, value]) => ["-c", `${name}=${value}`]);
    server = spawn(join(programs, "postgres"), ["-D", data, ...flags], { ...user, cwd: folder, stdio: "ignore" });
    for (;;) {
      if (server.exitCode !== null) throw new Error(`PostgreSQL ended with ${server.exitCode}.`);
      if (await accepts(addressOf("postgres"))) return;
    }
  }

  async function stop(): Promise<void> {
    const ending = server;
    server = null;
    if (!ending || ending.exitCode !== null) return;
    const exit = once(ending, "exit");
    // The fast shutdown: it ends connections.
    ending.kill("SIGINT");
    await exit;
  }

  async function execute(statement: string): Promise<void> {
    const client = new pg.Client(addressOf("postgres"));
    await client.connect();
    try {
      await client.query(statement);
    } finally {
      await client.end();
    }
  }

  async function makeTemplate(): Promise<void> {
    await execute("create database migrated");
    const { close } = await openRemoteDatabase(addressOf("migrated"));
    await close();
  }

  let template: Promise<void> | null = null;
  await start();
  return {
    async newDatabase(content = "migrated") {
      const name = `test_${randomUUID().replaceAll("-", "")}`;
      if (content === "migrated") {
        template ??= makeTemplate();
        await template;
      }
      await execute(`create database ${name}${content === "migrated" ? " template migrated" : ""}`);
      return addressOf(name);
    },
    execute,
    stop,
    start,
    async close() {
      await stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

function findPrograms(): string | null {
  const installed = "/usr/lib/postgresql";
  const versions = existsSync(installed)
    ? readdirSync(installed)
        .map(Number)
        .filter((version) => version >= OLDEST)
    : [];
  const [newest] = versions.sort((a, b) => b - a);
  if (newest !== undefined) return join(installed, String(newest), "bin");
  const onPath = (process.env.PATH ?? "").split(":").find((folder) => folder !== "" && existsSync(join(folder, "initdb")));
  if (onPath === undefined) return null;
  const version = /(\d+)/.exec(execFileSync(join(onPath, "postgres"), ["--version"], { encoding: "utf8" }))?.[1];
  return Number(version) >= OLDEST ? onPath : null;
}

/** PostgreSQL refuses to run as root, so root starts it as another user. */
function unprivilegedUser(): { uid: number; gid: number } | null {
  if (process.getuid?.() !== 0) return null;
  const idOf = (flag: string) => Number(execFileSync("id", [flag, "nobody"], { encoding: "utf8" }));
  return { uid: idOf("-u"), gid: idOf("-g") };
}

/** A port of this machine on which nothing listens. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  await once(server, "close");
  if (address === null || typeof address === "string") throw new TypeError("A TCP server has a port.");
  return address.port;
}

/** Whether a server answers; one that is starting refuses, which takes a moment to find out. */
async function accepts(address: string): Promise<boolean> {
  const client = new pg.Client(address);
  try {
    await client.connect();
    await client.query("select 1");
    return true;
  } catch {
    await new Promise((resolve) => setTimeout(resolve, 20));
    return false;
  } finally {
    await client.end().catch(() => undefined);
  }
}
