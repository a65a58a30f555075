import { fileURLToPath } from "node:url";
import { PGlite } from "@electric-sql/pglite";
import { drizzle } from "drizzle-orm/pglite";
import { migrate } from "drizzle-orm/pglite/migrator";
import { type Database, migrationsFolder } from "../sql/database.js";
import { runFairly } from "./fair-queries.js";

/**
 * Opens PostgreSQL within this process on a folder of its own, and migrates it. PGlite takes no lock, so the caller
 * must hold one.
 *
 * Rows outlive the process, however it ends, but not a loss of power: PGlite never flushes its files to disk. It runs
 * PostgreSQL with -F (fsync off), and even with fsync on, its file system has no call for it. A loss of power or a
 * crash of the operating system can lose the rows of the last seconds, at worst the whole database.
 */
export async function openEmbeddedDatabase(folder: string): Promise<{ database: Database; close: () => Promise<void> }> {
  const client = await PGlite.create(folder);
  const database = drizzle(runFairly(client));
  try {
    await migrate(database, { migrationsFolder: fileURLToPath(migrationsFolder) });
  } catch (error) {
    await client.close();
    throw error;
  }
  return { database, close: () => client.close() };
}
