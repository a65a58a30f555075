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

/** State of a statement that waited for a lock as long as it may. */
const LOCK_NOT_AVAILABLE = "55P03";

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
  const client = new pg.Client({ connectionString: databaseUrl, application_name: "atelier", connectionTimeoutMillis: connectMs });
  client.on("error", () => undefined);
  try {
    await client.connect();
    await requireVersion(client);
    await lock(client, noticeMs, warn);
    await migrate(drizzle(client), { migrationsFolder: fileURLToPath(migrationsFolder) });
    await vacuumAfterRewrite(client);
    await prepare?.(drizzle(client));
  } catch (error) {
    throw failureOf(error);
  } finally {
    await client.end().catch((error: unknown) => process.emitWarning(`A connection to the database did not end: ${String(error)}`));
  }
}

/** Takes the lock, which ends with the connection, also that of a server that dies meanwhile. */
async function lock(client: pg.Client, noticeMs: number, warn: (message: string) => void): Promise<void> {
  for (let waitMs = noticeMs; ; waitMs *= 2) {
    await client.query("select set_config('lock_timeout', $1, false)", [String(Math.ceil(waitMs))]);
    try {
      await client.query("select pg_advisory_lock($1)", [MIGRATION_LOCK]);
      await client.query("reset lock_timeout");
      return;
    } catch (error) {
      if (!(error instanceof pg.DatabaseError && error.code === LOCK_NOT_AVAILABLE)) throw error;
    }
    warn(`This start waits for another server to change the database${await holderOf(client)}.`);
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
