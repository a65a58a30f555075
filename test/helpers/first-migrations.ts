import { cp, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { migrationsFolder } from "../../server/storage/sql/database.js";

/** Makes a copy in `folder` of the migrations that has the first `count` of them; returns its path. */
export async function firstMigrations(count: number, folder: string): Promise<string> {
  const copy = join(folder, "migrations");
  await cp(fileURLToPath(migrationsFolder), copy, { recursive: true });
  const journalFile = join(copy, "meta", "_journal.json");
  const journal = JSON.parse(await readFile(journalFile, "utf8"));
  await writeFile(journalFile, JSON.stringify({ ...journal, entries: journal.entries.slice(0, count) }));
  return copy;
}
