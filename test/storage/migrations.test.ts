import { mkdir, mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { PGlite } from "@electric-sql/pglite";
import { sql } from "drizzle-orm";
import { drizzle } from "drizzle-orm/pglite";
import { migrate } from "drizzle-orm/pglite/migrator";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import type { ImageRecord } from "../../server/records/pictures.js";
import { completeSettings } from "../../server/records/settings.js";
import { openEmbeddedStorage } from "../../server/storage/embedded/open.js";
import { migrationsFolder } from "../../server/storage/sql/database.js";
import type { Storage } from "../../server/storage/storage.js";
import { anImage, aSession, aTranslation } from "../contracts/records.js";
import { copyFolder } from "../helpers/data-folder.js";
import { firstMigrations } from "../helpers/first-migrations.js";

/** The migration with which several servers began to share a database. */
const FIRST_SHARED = 13;

test("migrations of a shared database leave everything that the version before uses", async () => {
  const folder = fileURLToPath(migrationsFolder);
  const names = (await readdir(folder)).filter((name) => name.endsWith(".sql") && Number.parseInt(name, 10) >= FIRST_SHARED);
  expect(names.length).toBeGreaterThan(0);
  for (const name of names) {
    expect(statementsThatBreak(await readFile(join(folder, name), "utf8")), name).toEqual([]);
  }
});

/** The statements after which a server that does not know them may fail: all but new tables, and columns that it may leave out. */
function statementsThatBreak(migration: string): string[] {
  const statements = migration.split("--> statement-breakpoint").map((statement) => statement.trim());
  const made = statements.map((statement) => /^CREATE TABLE "(\w+)"/.exec(statement)?.[1]);
  return statements.filter((statement) => {
    if (/^CREATE (TABLE|INDEX) /.test(statement)) return false;
    const table = /^ALTER TABLE "(\w+)"|^CREATE UNIQUE INDEX .*? ON "(\w+)"/.exec(statement);
    if (made.includes(table?.[1] ?? table?.[2] ?? "")) return false;
    return !/^ALTER TABLE "\w+" ADD COLUMN /.test(statement) || (/NOT NULL/.test(statement) && !/DEFAULT|GENERATED/.test(statement));
  });
}

test.each([
  ['CREATE TABLE "a" ("b" text NOT NULL);--> statement-breakpoint\nALTER TABLE "a" ADD CONSTRAINT "c" UNIQUE("b");', 0],
  ['ALTER TABLE "a" ADD COLUMN "b" text;', 0],
  ['ALTER TABLE "a" ADD COLUMN "b" bigint DEFAULT 0 NOT NULL;', 0],
  ['ALTER TABLE "a" ADD COLUMN "b" text NOT NULL;', 1],
  ['ALTER TABLE "a" DROP COLUMN "b";--> statement-breakpoint\nDROP TABLE "d";', 2],
  ['ALTER TABLE "a" ADD CONSTRAINT "c" UNIQUE("b");', 1],
  ['CREATE UNIQUE INDEX "c" ON "a" USING btree ("b");', 1],
])("%s breaks older servers %i times", (migration, count) => {
  expect(statementsThatBreak(migration)).toHaveLength(count);
});

/** A database without tables, which takes seconds to make. */
let empty: string;
beforeAll(async () => {
  empty = await mkdtemp(join(tmpdir(), "atelier-migrations-"));
  await (await PGlite.create(empty)).close();
});
afterAll(() => rm(empty, { recursive: true, force: true }));

/** A data folder whose database an earlier release made with its first `count` migrations, and filled. */
async function earlierData(count: number, fill: (database: ReturnType<typeof drizzle>) => Promise<void>): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "atelier-migrations-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const dataDir = join(folder, "data");
  await mkdir(join(dataDir, "database"), { recursive: true });
  await copyFolder(empty, join(dataDir, "database"));
  const client = await PGlite.create(join(dataDir, "database"));
  const database = drizzle(client);
  await migrate(database, { migrationsFolder: await firstMigrations(count, folder) });
  await fill(database);
  await client.close();
  return dataDir;
}

function insertImage({ id, digest, width, height, mimeType, byteLength, createdAt }: ImageRecord) {
  return sql`insert into images (id, digest, width, height, mime_type, bytes, created_at)
    values (${id}, ${digest}, ${width}, ${height}, ${mimeType}, ${byteLength}, ${createdAt.toISOString()})`;
}

async function open(dataDir: string): Promise<Storage> {
  const storage = await openEmbeddedStorage(dataDir);
  onTestFinished(() => storage.close());
  return storage;
}

test("a database from before there were translations keeps its sessions and takes translations", async () => {
  const image = anImage();
  const session = aSession(image.id, { status: "COMPLETED", step: 10 });
  const { id, kind, status, createdAt, step, settings, contentId, styles } = session;
  const dataDir = await earlierData(1, async (database) => {
    await database.execute(insertImage(image));
    await database.execute(sql`insert into sessions (id, kind, status, created_at, step, settings, content_id, styles)
      values (${id}, ${kind}, ${status}, ${createdAt.toISOString()}, ${step}, ${JSON.stringify(settings)}, ${contentId},
        ${JSON.stringify(styles)})`);
  });
  const storage = await open(dataDir);
  expect(await storage.sessions.find(id)).toEqual(session);
  const translation = aTranslation(image.id);
  await storage.sessions.insert(translation);
  expect(await storage.sessions.find(translation.id)).toEqual(translation);
});

test("sessions whose settings lack some that exist now get the default that these had then", async () => {
  const image = anImage();
  const [at, styles] = ["2020-01-01T00:00:00.000Z", JSON.stringify([{ imageId: image.id, weight: 1 }])];
  const dataDir = await earlierData(5, async (database) => {
    await database.execute(insertImage(image));
    for (const [id, settings] of Object.entries({ bare: { model: "horse2zebra" }, sized: { model: "horse2zebra", size: 512 } })) {
      await database.execute(sql`insert into sessions
        (id, kind, status, created_at, queued_at, step, settings, source_id, frames_translated, frames_dropped)
        values (${id}, 'TRANSLATION', 'COMPLETED', ${at}, ${at}, 0, ${JSON.stringify(settings)}, ${image.id}, 1, 0)`);
    }
    const [settings, initial] = [
      JSON.stringify({ model: "vgg19", steps: 7 }),
      `{"settings":{"model":"vgg19","steps":7},"styles":${styles}}`,
    ];
    await database.execute(sql`insert into sessions
      (id, kind, status, created_at, queued_at, step, settings, content_id, styles, initial)
      values ('painting', 'STYLE_TRANSFER', 'COMPLETED', ${at}, ${at}, 7, ${settings}, ${image.id}, ${styles}, ${initial})`);
  });
  const { sessions } = await open(dataDir);
  expect((await sessions.find("bare"))?.settings).toEqual({ model: "horse2zebra", family: "OTHER", size: 256, output: null });
  expect((await sessions.find("sized"))?.settings).toEqual({ model: "horse2zebra", family: "OTHER", size: 512, output: null });
  const painting = await sessions.find("painting");
  expect(painting?.settings).toEqual(completeSettings({ model: "vgg19", steps: 7 }));
  expect(painting).toMatchObject({
    settings: { preserveColors: false, draft: false, scales: 1 },
    initial: { settings: painting?.settings },
  });
  const { rows } = await sessions.list({ first: 10, after: null }, { models: ["horse2zebra"] });
  expect(rows.map(({ id }) => id).sort()).toEqual(["bare", "sized"]);
});

test("changes of an earlier release are counted", async () => {
  const image = anImage();
  const session = aSession(image.id);
  const dataDir = await earlierData(5, async (database) => {
    await database.execute(insertImage(image));
    const { id, createdAt, settings, styles, initial } = session;
    const at = createdAt.toISOString();
    await database.execute(sql`insert into sessions
      (id, kind, status, created_at, queued_at, step, settings, content_id, styles, initial)
      values (${id}, 'STYLE_TRANSFER', 'QUEUED', ${at}, ${at}, -1, ${JSON.stringify(settings)}, ${image.id},
        ${JSON.stringify(styles)}, ${JSON.stringify(initial)})`);
    for (const step of [3, 5]) {
      await database.execute(
        sql`insert into changes (session_id, step, settings, created_at) values (${id}, ${step}, '{"beta":7}', ${at})`,
      );
    }
  });
  const { sessions, changes } = await open(dataDir);
  expect(await sessions.find(session.id)).toEqual(session);
  await changes.add(session.id, { settings: { beta: 8 }, styles: null }, ["QUEUED"]);
  expect(await changes.counts([session.id])).toEqual(new Map([[session.id, 3]]));
});
