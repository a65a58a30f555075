import { readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { type SQL, sql } from "drizzle-orm";
import { expect, onTestFinished, test } from "vitest";
import { openEmbeddedDatabase } from "../../server/storage/embedded/database.js";
import { startVacuum } from "../../server/storage/embedded/vacuum.js";
import { sqlFrames } from "../../server/storage/sql/frames.js";
import { sqlImages } from "../../server/storage/sql/images.js";
import { sqlSessions } from "../../server/storage/sql/sessions.js";
import { aFrame, anImage, aSession } from "../contracts/records.js";
import { newDataFolder } from "../helpers/data-folder.js";

test("rows that come and go do not make the database grow", async () => {
  const data = await newDataFolder();
  const folder = join(data, "database");
  const { database, close } = await openEmbeddedDatabase(folder);
  onTestFinished(async () => {
    await close();
    await rm(data, { recursive: true, force: true });
  });
  const client = database as unknown as { execute(query: SQL): Promise<{ rows: { bytes: unknown }[] }> };
  const vacuum = startVacuum(database);
  const image = anImage();
  await sqlImages(database).insert(image);
  const size = async () => {
    const { rows } = await client.execute(sql`select pg_relation_size('frames') as bytes`);
    return Number(rows[0]?.bytes);
  };
  for (let round = 0; round < 2; round++) {
    const session = aSession(image.id);
    await sqlSessions(database).insert(session);
    for (let step = 0; step < 700; step++) await sqlFrames(database).insert(aFrame(session.id, step));
    await sqlSessions(database).delete(session.id);
    expect(await size()).toBeGreaterThan(100_000);
    await vacuum.run();
    expect(await size()).toBe(0);
  }
  await vacuum.close();
  const segments = (await readdir(join(folder, "pg_wal"))).filter((name) => /^[0-9A-F]{24}$/.test(name));
  expect(segments.length).toBeLessThanOrEqual(2);
});
