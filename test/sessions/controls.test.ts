import { rm } from "node:fs/promises";
import { join } from "node:path";
import { type SQL, sql } from "drizzle-orm";
import { expect, onTestFinished, test, vi } from "vitest";
import { openEmbeddedBus } from "../../server/bus/embedded.js";
import type { StyleTransferRecord } from "../../server/records/session.js";
import { SessionControls } from "../../server/sessions/controls.js";
import { openEmbeddedDatabase } from "../../server/storage/embedded/database.js";
import { sqlChanges } from "../../server/storage/sql/changes.js";
import { sqlImages } from "../../server/storage/sql/images.js";
import { sqlSessions } from "../../server/storage/sql/sessions.js";
import type { Storage } from "../../server/storage/storage.js";
import { anImage, aSession } from "../contracts/records.js";
import { newDataFolder } from "../helpers/data-folder.js";
import { FakeModels } from "../helpers/fake-models.js";

/** Controls with a database of their own, and a running painting. */
async function startControls(changes: Partial<StyleTransferRecord> = {}) {
  const folder = await newDataFolder();
  const { database, close } = await openEmbeddedDatabase(join(folder, "database"));
  const bus = openEmbeddedBus(() => undefined);
  onTestFinished(async () => {
    await bus.close();
    await close();
    await rm(folder, { recursive: true });
  });
  const storage = { sessions: sqlSessions(database), changes: sqlChanges(database), images: sqlImages(database) } as unknown as Storage;
  const image = await storage.images.insert(anImage());
  const session = aSession(image.id, { status: "RUNNING", ...changes });
  await storage.sessions.insert(session);
  const controls = new SessionControls({
    storage,
    bus,
    queue: {} as never,
    models: new FakeModels().sessions,
    maxSize: () => 1024,
    admission: {} as never,
    maxChanges: 1000,
  });
  return { database, storage, session, controls };
}

test("a painting that gets other styles while an admin approves it waits anew, also where nothing else can be stored any more", async () => {
  const { storage, session, controls } = await startControls({ visibility: "PUBLIC", approval: "PENDING" });
  const { changes, sessions } = storage;
  const { add } = changes;
  vi.spyOn(changes, "add").mockImplementation(async (...change) => {
    await sessions.update(session.id, { approval: "APPROVED" });
    vi.spyOn(sessions, "update").mockRejectedValue(new Error("The server was killed."));
    return add(...change);
  });
  const styles = [{ imageId: session.contentId, weight: 2 }];
  await Promise.allSettled([controls.steer(session.id, { styles }, storage.images, true)]);
  expect(await sessions.find(session.id)).toMatchObject({ styles, approval: "PENDING" });
});

test("a steer reads as many rows after hundreds of others as after the first few", async () => {
  const { database, storage, session, controls } = await startControls();
  const client = database as unknown as { execute(query: SQL): Promise<{ rows: { count: unknown }[] }> };
  /** Rows and entries of indices that the database has read so far. */
  const rowsRead = async () => {
    await client.execute(sql`select pg_stat_force_next_flush()`);
    const { rows } = await client.execute(
      sql`select (select sum(seq_tup_read + coalesce(idx_tup_fetch, 0)) from pg_stat_user_tables)
        + (select sum(idx_tup_read) from pg_stat_user_indexes) as count`,
    );
    return Number(rows[0]?.count);
  };
  let steered = 0;
  let taken = 0;
  /** Steers as a client does, and takes up the change as a host does. */
  const steer = async () => {
    await controls.steer(session.id, { beta: ++steered }, storage.images);
    for (const { ordinal } of await storage.changes.list(session.id, taken)) {
      taken = ordinal;
      await storage.changes.settle(session.id, steered, ordinal);
    }
  };
  const costOfSteers = async (count: number) => {
    const before = await rowsRead();
    for (let done = 0; done < count; done++) await steer();
    return (await rowsRead()) - before;
  };
  await costOfSteers(10);
  const early = await costOfSteers(10);
  await costOfSteers(280);
  const late = await costOfSteers(10);
  expect(taken).toBe(310);
  expect(early).toBeGreaterThan(10);
  expect(late).toBeLessThan(early + 10);
});
