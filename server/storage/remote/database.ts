import { fileURLToPath } from "node:url";
import { drizzle } from "drizzle-orm/node-postgres";
import { migrate } from "drizzle-orm/node-postgres/migrator";
import pg from "pg";
import { StorageUnavailable } from "../../errors.js";
import { type Database, migrationsFolder } from "../sql/database.js";
import { failureOf, isUnreachable } from "./reachable.js";

/** Oldest PostgreSQL that has what the statements use. */
const OLDEST_VERSION = 15;

/** Connections of one server. PostgreSQL allows 100 in all unless it is told otherwise. */
const CONNECTIONS = 10;

/**
 * Connections that only renew leases: where all others are in use or wait, a renewal that waited with them would come too late.
 * It is tried again well before the lease ends.
 */
const RENEWALS = { connections: 2, connectMs: 2000, statementMs: 2000 };

/** How long the database may take. */
export interface DatabaseLimits {
  /** Longest wait for a connection, also while all are in use, ms. */
  connectMs?: number;
  /** Longest time of a statement, ms. */
  statementMs?: number;
  /** Number of connections. */
  connections?: number;
}

const CONNECT_MS = 10_000;
const STATEMENT_MS = 30_000;
/**
 * Longest time that a server may leave a transaction alone, ms: one that hangs or is cut off would keep its locks, and with
 * them keep the others from claiming.
 */
const IDLE_MS = 5000;

/** How much longer this side waits for a statement, ms: the database can say why it gave up. */
const ANSWER_MS = 5000;

/** Key of the advisory lock that a server holds while it migrates: the bytes of "atelier". */
const MIGRATION_LOCK = "27431015937893746";

/** A database that several servers share. */
export interface RemoteDatabase {
  database: Database;
  /** The same database, over connections that only renew leases. */
  renewals: Database;
  close(): Promise<void>;
}

/**
 * Connects to a PostgreSQL database and migrates it. Servers that start at once migrate it once: the others wait.
 * @throws StorageUnavailable when it cannot be reached or refuses the connection, or when PostgreSQL is too old.
 */
export async function openRemoteDatabase(
  databaseUrl: string,
  { connectMs = CONNECT_MS, statementMs = STATEMENT_MS, connections = CONNECTIONS }: DatabaseLimits = {},
): Promise<RemoteDatabase> {
  await migrateOnce(databaseUrl, connectMs);
  const pool = openPool(databaseUrl, { connectMs, statementMs, connections });
  const renewing = openPool(databaseUrl, RENEWALS);
  const database = drizzle(pool);
  // Drizzle's own method never gives back a connection that is lost before the transaction begins.
  database.transaction = async (work, config) => {
    const client = await pool.connect();
    let isLost = false;
    try {
      return await drizzle(client).transaction(work, config);
    } catch (error) {
      isLost = isUnreachable(error);
      throw error;
    } finally {
      client.release(isLost);
    }
  };
  return {
    database,
    renewals: drizzle(renewing),
    close: async () => void (await Promise.all([pool.end(), renewing.end()])),
  };
}

function openPool(databaseUrl: string, { connectMs, statementMs, connections }: Required<DatabaseLimits>): pg.Pool {
  const pool = new pg.Pool({
    connectionString: databaseUrl,
    application_name: "atelier",
    max: connections,
    connectionTimeoutMillis: connectMs,
    statement_timeout: statementMs,
    idle_in_transaction_session_timeout: IDLE_MS,
    query_timeout: statementMs + ANSWER_MS,
    keepAlive: true,
  });
  // Without listeners, a lost connection would end the process. Nothing else is to be done: it fails the statement in
  // work, and the next statement takes another connection.
  pool.on("error", (error) => {
    if (!pool.ending) process.emitWarning(`An idle connection to the database was lost: ${error.message}`);
  });
  pool.on("connect", (client) => client.on("error", () => undefined));
  return pool;
}

async function migrateOnce(databaseUrl: string, connectMs: number): Promise<void> {
  const client = new pg.Client({ connectionString: databaseUrl, application_name: "atelier", connectionTimeoutMillis: connectMs });
  client.on("error", () => undefined);
  try {
    await client.connect();
    await requireVersion(client);
    // The lock ends with the connection, also that of a server that dies meanwhile.
    await client.query("select pg_advisory_lock($1)", [MIGRATION_LOCK]);
    await migrate(drizzle(client), { migrationsFolder: fileURLToPath(migrationsFolder) });
  } catch (error) {
    throw failureOf(error);
  } finally {
    await client.end().catch((error: unknown) => process.emitWarning(`A connection to the database did not end: ${String(error)}`));
  }
}

async function requireVersion(client: pg.Client): Promise<void> {
  const { rows } = await client.query<{ version: string }>("select current_setting('server_version_num') as version");
  const major = Math.floor(Number(rows[0]?.version) / 10_000);
  if (major >= OLDEST_VERSION) return;
  throw new StorageUnavailable(`The database is PostgreSQL ${major}; version ${OLDEST_VERSION} or later is needed.`);
}
