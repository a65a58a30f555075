import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { existsSync, readdirSync } from "node:fs";
import { chown, mkdtemp, rename, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import pg from "pg";
import { openRemoteDatabase } from "../../server/storage/remote/database.js";
import { migrationsDigest } from "./migrations-digest.js";

/** A PostgreSQL server for tests, on a free port, with a data folder of its own that goes with it. */
export interface PostgresServer {
  /** Address of a new database: a copy of a migrated one, or an empty one. */
  newDatabase(content?: "migrated" | "empty"): Promise<string>;
  /** Runs a statement in the database `postgres`. */
  execute(statement: string): Promise<void>;
  /** Ends the server and all its connections; `start` starts it again with its data. */
  stop(): Promise<void>;
  start(): Promise<void>;
  /** Lets it hang, with its connections open, or go on. */
  hang(isHanging: boolean): void;
  /** Ends the server and deletes its data. */
  close(): Promise<void>;
}

const OLDEST = 15;
const USER = "atelier";

/** Folder of the programs of the newest PostgreSQL of version 15 or later; null where there is none. */
export const postgresPrograms = findPrograms();

/** Why tests with PostgreSQL are skipped where `postgresPrograms` is null. */
export const noPostgres = `PostgreSQL ${OLDEST} or later is not installed, so storage that several servers share is not tested.`;

export interface PostgresOptions {
  /** Connections that it accepts. */
  connections?: number;
  /** Whether each commit waits until it is on the disk, as in the world outside. Without it, the server is fast. */
  waitsForDisk?: boolean;
}

/** Starts a server. */
export async function startPostgres({ connections = 100, waitsForDisk = false }: PostgresOptions = {}): Promise<PostgresServer> {
  if (postgresPrograms === null) throw new Error(noPostgres);
  const programs = postgresPrograms;
  const version = execFileSync(join(programs, "postgres"), ["--version"]);
  const template = join(tmpdir(), `atelier-postgres-${await migrationsDigest(version)}`);
  if (!existsSync(template)) await makeTemplate(programs, template);
  const folder = await ownFolder();
  const data = join(folder, "data");
  // With its owner.
  execFileSync("cp", ["-a", template, data]);
  const database = new Database(programs, data, { connections, waitsForDisk }, await freePort());
  await database.start();
  return {
    async newDatabase(content = "migrated") {
      const name = `test_${randomUUID().replaceAll("-", "")}`;
      await database.execute(`create database ${name}${content === "migrated" ? ` template ${MIGRATED}` : ""}`);
      return database.addressOf(name);
    },
    execute: (statement) => database.execute(statement),
    stop: () => database.stop(),
    start: () => database.start(),
    hang: (isHanging) => database.hang(isHanging),
    async close() {
      await database.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** Name of the database in the template of all data folders that new ones are copies of. */
const MIGRATED = "migrated";

/**
 * Makes a data folder that holds a migrated database. That takes seconds, so it is made once for each state of the migrations
 * and then copied.
 */
async function makeTemplate(programs: string, template: string): Promise<void> {
  const folder = await ownFolder();
  const draft = join(folder, "data");
  const initdb = ["--pgdata", draft, "--username", USER, "--auth", "trust", "--encoding", "UTF8", "--locale", "C.UTF-8", "--no-sync"];
  execFileSync(join(programs, "initdb"), initdb, { ...unprivilegedUser(), cwd: folder, stdio: ["ignore", "ignore", "pipe"] });
  const database = new Database(programs, draft, { connections: 10, waitsForDisk: false }, await freePort());
  await database.start();
  await database.execute(`create database ${MIGRATED}`);
  const { close } = await openRemoteDatabase(database.addressOf(MIGRATED));
  await close();
  await database.stop();
  try {
    await rename(draft, template);
  } catch (error) {
    // Another test process was faster.
    if (!existsSync(template)) throw error;
  }
  await rm(folder, { recursive: true, force: true });
}

/** A new folder in which the user of PostgreSQL may write. */
async function ownFolder(): Promise<string> {
  const user = unprivilegedUser();
  const folder = await mkdtemp(join(tmpdir(), "atelier-postgres-"));
  if (user) await chown(folder, user.uid, user.gid);
  return folder;
}

/** The server of a data folder. */
class Database {
  private server: ChildProcess | null = null;
  private isHanging = false;

  constructor(
    private readonly programs: string,
    private readonly data: string,
    private readonly options: Required<PostgresOptions>,
    private readonly port: number,
  ) {}

  addressOf(database: string): string {
    return `postgres://${USER}@127.0.0.1:${this.port}/${database}`;
  }

  async start(): Promise<void> {
    const { connections, waitsForDisk } = this.options;
    const settings = {
      ...(waitsForDisk ? {} : { fsync: "off", full_page_writes: "off" }),
      listen_addresses: "127.0.0.1",
      unix_socket_directories: "",
      port: this.port,
      max_connections: connections,
    };
    const flags = Object.entries(settings).flatMap(([name, value]) => ["-c", `${name}=${value}`]);
    const options = { ...unprivilegedUser(), cwd: this.data, stdio: "ignore" } as const;
    const server = spawn(join(this.programs, "postgres"), ["-D", this.data, ...flags], options);
    this.server = server;
    for (;;) {
      if (server.exitCode !== null) throw new Error(`PostgreSQL ended with ${server.exitCode}.`);
      if (await accepts(this.addressOf("postgres"))) return;
    }
  }

  async stop(): Promise<void> {
    const ending = this.server;
    if (!ending || ending.exitCode !== null) return;
    const exit = once(ending, "exit");
    // The processes of one that does not hang come and go.
    if (this.isHanging) this.hang(false);
    // The fast shutdown: it ends connections.
    ending.kill("SIGINT");
    await exit;
    this.server = null;
  }

  /** It has a process for each connection besides its own ones. */
  hang(isHanging: boolean): void {
    const parent = this.server?.pid;
    if (parent === undefined) return;
    const signal = isHanging ? "SIGSTOP" : "SIGCONT";
    this.isHanging = isHanging;
    // Before it starts others.
    if (isHanging) process.kill(parent, signal);
    const processes = execFileSync("ps", ["-A", "-o", "pid=", "-o", "ppid="], { encoding: "utf8" }).split("\n");
    for (const line of processes) {
      const [pid = 0, ppid] = line.trim().split(/\s+/).map(Number);
      if (ppid === parent) process.kill(pid, signal);
    }
    // It has not seen meanwhile which of them have ended.
    if (!isHanging) process.kill(parent, signal);
  }

  async execute(statement: string): Promise<void> {
    const client = new pg.Client(this.addressOf("postgres"));
    await client.connect();
    try {
      await client.query(statement);
    } finally {
      await client.end();
    }
  }
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
