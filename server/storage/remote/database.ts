import { drizzle } from "drizzle-orm/node-postgres";
import pg from "pg";
import type { Database } from "../sql/database.js";
import { type MigrationOptions, migrateOnce } from "./migration.js";
import { isUnreachable } from "./reachable.js";

/** Connections of one server. PostgreSQL allows 100 in all unless it is told otherwise. */
const CONNECTIONS = 10;

/**
 * Connections that only renew leases: where all others are in use or wait, a renewal that waited with them would come too late.
 * It is tried again well before the lease ends.
 */
const RENEWALS = { connections: 2, connectMs: 2000, statementMs: 2000, answerMs: 500 };

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
  { connectMs = CONNECT_MS, statementMs = STATEMENT_MS, connections = CONNECTIONS, ...migration }: DatabaseLimits & MigrationOptions = {},
): Promise<RemoteDatabase> {
  await migrateOnce(databaseUrl, connectMs, migration);
  const pool = openPool(databaseUrl, { connectMs, statementMs, connections, answerMs: ANSWER_MS });
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

function openPool(
  databaseUrl: string,
  { connectMs, statementMs, connections, answerMs }: Required<DatabaseLimits> & { answerMs: number },
): pg.Pool {
  const pool = new pg.Pool({
    connectionString: databaseUrl,
    application_name: "atelier",
    max: connections,
    connectionTimeoutMillis: connectMs,
    statement_timeout: statementMs,
    idle_in_transaction_session_timeout: IDLE_MS,
    query_timeout: statementMs + answerMs,
    // Starting parallel workers takes longer than the rest of a list or a count.
    options: "-c max_parallel_workers_per_gather=0",
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
