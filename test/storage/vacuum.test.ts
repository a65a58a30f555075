import { readdir, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { openEmbeddedDatabase } from "../../server/storage/embedded/database.js";
import { startVacuum } from "../../server/storage/embedded/vacuum.js";
import { sqlFrames } from "../../server/storage/sql/frames.js";
import { sqlImages } from "../../server/storage/sql/images.js";
import { sqlSessions } from "../../server/storage/sql/sessions.js";
import { aFrame, anImage, aSession } from "../contracts/records.js";
import { newDataFolder } from "../helpers/data-folder.js";

/** Size of all files of tables and indexes, bytes. */
async function tableBytes(folder: string): Promise<number> {
  let total = 0;
  for (const name of await readdir(join(folder, "base"), { recursive: true })) {
    const found = await stat(join(folder, "base", name));
    if (found.isFile()) total += found.size;
  }
  return total;
}

test("rows that come and go do not make the database grow", async () => {
  const data = await newDataFolder();
  const folder = join(data, "database");
  const { database, close } = await openEmbeddedDatabase(folder);
  onTestFinished(async () => {
    await close();
    await rm(data, { recursive: true, force: true });
  });
  const vacuum = startVacuum(database);
  const image = anImage();
  await sqlImages(database).insert(image);
  const sizes: number[] = [];
  for (let round = 0; round < 3; round++) {
    const session = aSession(image.id);
    await sqlSessions(database).insert(session);
    for (let step = 0; step < 700; step++) await sqlFrames(database).insert(aFrame(session.id, step));
    await sqlSessions(database).delete(session.id);
    await vacuum.run();
    sizes.push(await tableBytes(folder));
  }
  await vacuum.close();
  expect(sizes[2]! - sizes[0]!).toBeLessThan(50_000);
});
