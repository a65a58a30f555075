import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { PGlite } from "@electric-sql/pglite";
import { sql } from "drizzle-orm";
import { drizzle } from "drizzle-orm/pglite";
import { migrate } from "drizzle-orm/pglite/migrator";
import { expect, onTestFinished, test } from "vitest";
import { openEmbeddedStorage } from "../../server/storage/embedded/open.js";
import { migrationsFolder } from "../../server/storage/sql/database.js";
import { anImage, aSession, aTranslation } from "../contracts/records.js";

/** A copy of the migrations that has the first `count` of them. */
async function firstMigrations(count: number, folder: string): Promise<string> {
  const copy = join(folder, "migrations");
  await cp(fileURLToPath(migrationsFolder), copy, { recursive: true });
  const journalFile = join(copy, "meta", "_journal.json");
  const journal = JSON.parse(await readFile(journalFile, "utf8"));
  await writeFile(journalFile, JSON.stringify({ ...journal, entries: journal.entries.slice(0, count) }));
  return copy;
}

test("a database older than translations keeps its sessions and accepts translations", async () => {
  const folder = await mkdtemp(join(tmpdir(), "atelier-migrations-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const dataDir = join(folder, "data");
  const image = anImage();
  const session = aSession(image.id, { status: "COMPLETED", step: 10 });

  await mkdir(join(dataDir, "database"), { recursive: true });
  const client = await PGlite.create(join(dataDir, "database"));
  const database = drizzle(client);
  await migrate(database, { migrationsFolder: await firstMigrations(1, folder) });
  const created = (at: Date) => at.toISOString();
  await database.execute(sql`insert into images (id, digest, width, height, mime_type, bytes, created_at)
    values (${image.id}, ${image.digest}, ${image.width}, ${image.height}, ${image.mimeType}, ${image.byteLength}, ${created(image.createdAt)})`);
  await database.execute(sql`insert into sessions (id, kind, status, created_at, step, settings, content_id, styles)
    values (${session.id}, ${session.kind}, ${session.status}, ${created(session.createdAt)}, ${session.step},
      ${JSON.stringify(session.settings)}, ${session.contentId}, ${JSON.stringify(session.styles)})`);
  await client.close();

  const storage = await openEmbeddedStorage(dataDir);
  onTestFinished(() => storage.close());
  expect(await storage.sessions.find(session.id)).toEqual(session);
  const translation = aTranslation(image.id);
  await storage.sessions.insert(translation);
  expect(await storage.sessions.find(translation.id)).toEqual(translation);
});
