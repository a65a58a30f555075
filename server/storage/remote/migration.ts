import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { drizzle } from "drizzle-orm/node-postgres";
import { migrate } from "drizzle-orm/node-postgres/migrator";
import pg from "pg";
import { StorageUnavailable } from "../../errors.js";
import { type Database, migrationsFolder } from "../sql/database.js";
import { failureOf } from "./reachable.js";

/** Oldest PostgreSQL that has what the statements use. */
const OLDEST_VERSION = 15;

/** Key of the advisory lock that a server holds while it migrates: the bytes of "atelier". */
const MIGRATION_LOCK = "27431015937893746";

/** Time between two tries to take the lock, ms. */
const TRY_MS = 100;

/** How long a start waits for the lock before it says so, ms; after that, it says so each time it has waited twice as long. */
const NOTICE_MS = 10_000;

export interface MigrationOptions {
  /** Called under the lock once the database is migrated. What it throws is thrown. */
  prepare?: (database: Database) => Promise<void>;
  /** Receives what the start waits for. */
  warn?: (message: string) => void;
  /** How long it waits before it says so, ms. */
  noticeMs?: number;
}

/**
 * Migrates a database. Of servers that start at once, one does it: the others wait.
 * @throws StorageUnavailable when it cannot be reached within `connectMs` or refuses the connection, or when PostgreSQL is too old.
 */
export async function migrateOnce(
  databaseUrl: string,
  connectMs: number,
  { prepare, warn = () => undefined, noticeMs = NOTICE_MS }: MigrationOptions,
): Promise<void> {
  const connection = { connectionString: databaseUrl, application_name: "atelier", connectionTimeoutMillis: connectMs };
  // Migrations begin transactions of their own, so the one that holds the lock has another connection.
  const [client, locking] = [new pg.Client(connection), new pg.Client(connection)];
  for (const one of [client, locking]) one.on("error", () => undefined);
  try {
    await client.connect();
    await requireVersion(client);
    await locking.connect();
    await lock(locking, noticeMs, warn);
    await migrate(drizzle(client), { migrationsFolder: fileURLToPath(migrationsFolder) });
    await vacuumAfterRewrite(client);
    await prepare?.(drizzle(client));
    await locking.query("commit");
  } catch (error) {
    throw failureOf(error);
  } finally {
    await Promise.all([client, locking].map(end));
  }
}

async function end(client: pg.Client): Promise<void> {
  await client.end().catch((error: unknown) => process.emitWarning(`A connection to the database did not end: ${String(error)}`));
}

/**
 * Takes the lock for a transaction, which stays open and ends with the connection, also that of a server that dies meanwhile.
 * A pooler may lend each transaction another connection of PostgreSQL, so a lock of the session would outlive its server; and
 * a transaction that waited for the lock would keep a connection from the server that has it.
 */
async function lock(client: pg.Client, noticeMs: number, warn: (message: string) => void): Promise<void> {
  let [waitMs, began] = [noticeMs, performance.now()];
  for (;;) {
    await client.query("begin");
    // The transaction does nothing while the database is migrated.
    await client.query("set local idle_in_transaction_session_timeout = 0");
    const { rows } = await client.query<{ taken: boolean }>("select pg_try_advisory_xact_lock($1) as taken", [MIGRATION_LOCK]);
    if (rows[0]?.taken) return;
    await client.query("rollback");
    if (performance.now() - began > waitMs) {
      warn(`This start waits for another server to change the database${await holderOf(client)}.`);
      [waitMs, began] = [2 * waitMs, performance.now()];
    }
    await delay(TRY_MS * (0.5 + Math.random() / 2));
  }
}

/** Who has the lock, in words; nothing when it was given back meanwhile. */
async function holderOf(client: pg.Client): Promise<string> {
  const { rows } = await client.query<{ pid: number; address: string | null; since: Date }>(
    `select pid, client_addr::text as address, backend_start as since from pg_locks join pg_stat_activity using (pid)
     where locktype = 'advisory' and granted and ((classid::bigint << 32) | objid::bigint) = $1
       and pg_locks.database = (select oid from pg_database where datname = current_database())`,
    [MIGRATION_LOCK],
  );
  const [holder] = rows;
  if (!holder) return "";
  const from = holder.address === null ? "" : ` from ${holder.address}`;
  return (
    `: process ${holder.pid} of PostgreSQL, connected${from} since ${holder.since.toISOString()}. ` +
    `If no server starts there now, end it with: select pg_terminate_backend(${holder.pid})`
  );
}

/**
 * Vacuums sessions when no page of theirs is known to be visible to all, as after a migration that wrote the table anew:
 * until then, lists and counts read the rows besides the index. PostgreSQL does so by itself only after many changes.
 */
async function vacuumAfterRewrite(client: pg.Client): Promise<void> {
  const { rowCount } = await client.query(
    "select from pg_class where oid = to_regclass('sessions') and relpages > 0 and relallvisible = 0",
  );
  if (rowCount) await client.query("vacuum analyze sessions");
}

async function requireVersion(client: pg.Client): Promise<void> {
  const { rows } = await client.query<{ version: string }>("select current_setting('server_version_num') as version");
  const major = Math.floor(Number(rows[0]?.version) / 10_000);
  if (major >= OLDEST_VERSION) return;
  throw new StorageUnavailable(`The database is PostgreSQL ${major}; version ${OLDEST_VERSION} or later is needed.`);
}
