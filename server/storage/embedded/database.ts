import { fileURLToPath } from "node:url";
import { PGlite } from "@electric-sql/pglite";
import { drizzle } from "drizzle-orm/pglite";
import { migrate } from "drizzle-orm/pglite/migrator";
import { messageOf } from "../../errors.js";
import { type Database, migrationsFolder } from "../sql/database.js";
import { DataFolderError, RESTORE } from "./data-folder.js";
import { runFairly } from "./fair-queries.js";

/**
 * Memory in which PostgreSQL keeps what it has read. It takes all of it when it starts. The rest is read from files, which
 * the system caches.
 */
const SHARED_BUFFERS = "32MB";

/**
 * Opens PostgreSQL within this process on a folder of its own, and migrates it. PGlite takes no lock, so the caller
 * must hold one.
 *
 * Rows outlive the process, however it ends, but not a loss of power: PGlite never flushes its files to disk. It runs
 * PostgreSQL with -F (fsync off), and even with fsync on, its file system has no call for it. A loss of power or a
 * crash of the operating system can lose the rows of the last seconds, at worst the whole database.
 * @throws DataFolderError when the files are damaged: PGlite then aborts somewhere in WebAssembly.
 */
export async function openEmbeddedDatabase(folder: string): Promise<{ database: Database; close: () => Promise<void> }> {
  let client: PGlite;
  try {
    client = await PGlite.create(folder, { startParams: [...PGlite.defaultStartParams, "-c", `shared_buffers=${SHARED_BUFFERS}`] });
  } catch (error) {
    throw damaged(folder, error);
  }
  const database = drizzle(runFairly(client));
  try {
    await migrate(database, { migrationsFolder: fileURLToPath(migrationsFolder) });
  } catch (error) {
    await closeDamaged(client);
    throw damaged(folder, error);
  }
  return { database, close: () => client.close() };
}

function damaged(folder: string, cause: unknown): DataFolderError {
  const reason = messageOf(cause).split("\n", 1)[0];
  return new DataFolderError(`The database in ${folder} cannot be opened; its files are damaged (${reason}). ${RESTORE}`, { cause });
}

/** A damaged database may fail to close too; the error that matters is that of its opening. */
async function closeDamaged(client: PGlite): Promise<void> {
  await client.close().catch((error: unknown) => process.emitWarning(`The database could not be closed: ${String(error)}`));
}
