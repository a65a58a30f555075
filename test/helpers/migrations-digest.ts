import { createHash } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";

const migrations = join(import.meta.dirname, "../../server/storage/migrations");

/** Stands for the state of the migrations, and for that of the `engine` for which a database is made. */
export async function migrationsDigest(engine: Uint8Array): Promise<string> {
  const hash = createHash("sha256").update(engine);
  for (const name of (await readdir(migrations)).sort()) {
    if (name.endsWith(".sql")) hash.update(await readFile(join(migrations, name)));
  }
  return hash.digest("hex").slice(0, 16);
}
