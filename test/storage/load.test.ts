import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { openEmbeddedDatabase } from "../../server/storage/embedded/database.js";
import { sqlImages } from "../../server/storage/sql/images.js";
import { sqlLeases } from "../../server/storage/sql/leases.js";
import { sqlSessions } from "../../server/storage/sql/sessions.js";
import { storeSession } from "../contracts/records.js";
import { newDataFolder } from "../helpers/data-folder.js";

async function openStores() {
  const { database, close } = await openEmbeddedDatabase(join(await newDataFolder(), "database"));
  onTestFinished(close);
  return { images: sqlImages(database), sessions: sqlSessions(database), leases: sqlLeases(database) };
}

const ago = (ms: number) => ({ createdAt: new Date(Date.now() - ms) });
const anyWork = { kinds: ["PAINTED"], models: null, maxSize: 4096 } as const;

test("an empty server has no load", async () => {
  const { sessions } = await openStores();
  expect(await sessions.load()).toMatchObject({ counts: { QUEUED: 0, FAILED: 0 }, oldestWaitMs: null, oldestLeaseMs: null });
});

test("the load counts sessions by status, and says how long they wait and are held", async () => {
  const stores = await openStores();
  await storeSession(stores, { status: "COMPLETED", ...ago(1e9) });
  await storeSession(stores, ago(3_600_000));
  await storeSession(stores, ago(60_000));
  const before = await stores.sessions.load();
  expect(before.counts).toEqual({ QUEUED: 2, RUNNING: 0, PAUSED: 0, COMPLETED: 1, CANCELLED: 0, FAILED: 0 });
  expect(before.oldestWaitMs).toBeGreaterThan(3_500_000);
  expect(before.oldestWaitMs).toBeLessThan(4_500_000);
  expect(before.oldestLeaseMs).toBeNull();

  const claim = await stores.leases.claim("worker", anyWork, 600_000);
  await stores.sessions.update(claim?.sessionId ?? "", { status: "RUNNING" });
  const after = await stores.sessions.load();
  expect(after.counts).toMatchObject({ QUEUED: 1, RUNNING: 1 });
  expect(after.oldestWaitMs).toBeLessThan(3_000_000);
  expect(after.oldestLeaseMs).toBeGreaterThanOrEqual(0);
  expect(after.oldestLeaseMs).toBeLessThan(600_000);
  if (claim) await stores.leases.release(claim);
  expect((await stores.sessions.load()).oldestLeaseMs).toBeNull();
});

test("a session of a server whose clock is ahead waits for no negative time", async () => {
  const stores = await openStores();
  await storeSession(stores, ago(-60_000));
  expect((await stores.sessions.load()).oldestWaitMs).toBe(0);
});
