import { randomUUID } from "node:crypto";
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { openEmbeddedBus } from "../../server/bus/embedded.js";
import { Allowances } from "../../server/limits/allowances.js";
import { limitValues } from "../../server/limits/table.js";
import { openEmbeddedQueue } from "../../server/queue/embedded.js";
import { Admission } from "../../server/sessions/admission.js";
import { SessionControls } from "../../server/sessions/controls.js";
import { SessionService } from "../../server/sessions/service.js";
import { Sweeper } from "../../server/sessions/sweeper.js";
import type { Storage } from "../../server/storage/storage.js";
import { anImage, storeSession } from "../contracts/records.js";
import { FakeModels } from "../helpers/fake-models.js";
import { noPostgres, postgresPrograms } from "../helpers/postgres-server.js";
import { type RemoteRig, startRemoteRig } from "../helpers/remote-storage.js";
import { noteSkipped } from "../helpers/skipped.js";
import { until } from "../helpers/until.js";

if (postgresPrograms === null) noteSkipped(noPostgres);

const HOUR_MS = 3_600_000;
const report = (error: unknown) => {
  throw error;
};

describe.skipIf(postgresPrograms === null)("a server whose clock is not that of the database", () => {
  let rig: RemoteRig;
  let storage: Storage;
  let sessions: SessionService;
  let controls: SessionControls;
  const party = { role: "ARTIST", ownerId: randomUUID() };
  beforeAll(async () => {
    rig = await startRemoteRig();
    storage = await rig.open(await rig.newPlace());
    const admission = new Admission({ storage, allowances: new Allowances(limitValues()) });
    const seams = { storage, queue: openEmbeddedQueue(), bus: openEmbeddedBus(report), models: new FakeModels().sessions };
    const parts = { ...seams, maxSize: () => 1024, admission, maxChanges: 10, party };
    sessions = new SessionService(parts);
    controls = new SessionControls(parts);
  });
  afterAll(async () => {
    await storage?.close();
    await rig?.close();
  });
  afterEach(() => vi.useRealTimers());

  const setWrong = (offsetMs: number) => vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + offsetMs });

  it.each([HOUR_MS, -HOUR_MS])("(%i ms off) dates what it starts, resumes and ends as all others do", async (offsetMs) => {
    const before = await storage.now();
    setWrong(offsetMs);
    const { id, createdAt, queuedAt, expiresAt } = await sessions.startTranslation({ model: "horse2zebra", expiresIn: 600 });
    await storage.sessions.update(id, { status: "PAUSED" });
    const resumed = await controls.resume(id, party);
    const extended = await sessions.extend(id, 1200);
    const ended = await controls.cancel(id);
    const after = await storage.now();
    const isBetween = (instant: Date | null, laterS = 0) => {
      const ms = (instant?.getTime() ?? 0) - 1000 * laterS;
      return ms >= before.getTime() && ms <= after.getTime();
    };
    expect([createdAt, queuedAt, resumed.queuedAt, ended.finishedAt].map((instant) => isBetween(instant))).toEqual(Array(4).fill(true));
    expect([isBetween(expiresAt, 600), isBetween(extended.expiresAt, 1200)]).toEqual([true, true]);
  });

  it.each([HOUR_MS, -HOUR_MS])("(%i ms off) deletes what has expired or is too old, and nothing early", async (offsetMs) => {
    const now = (await storage.now()).getTime();
    const ages = { ownerId: randomUUID(), status: "COMPLETED" } as const;
    const [early, late] = [new Date(now - 1000), new Date(now + 60_000)];
    const old = new Date(now - 1.5 * HOUR_MS);
    const stored = {
      expired: await storeSession(storage, { ...ages, expiresAt: early }),
      expiring: await storeSession(storage, { ...ages, expiresAt: late }),
      outdated: await storeSession(storage, { ...ages, createdAt: old }),
      recent: await storeSession(storage, { ...ages, createdAt: new Date(now - HOUR_MS / 2) }),
    };
    const picture = await storage.images.insert(anImage({ expiresAt: late }));
    setWrong(offsetMs);
    const sweeper = new Sweeper({ storage, sessions, controls, retentionMs: HOUR_MS, report });
    sweeper.start();
    await until(async () => (await storage.sessions.find(stored.outdated.id)) === null);
    await sweeper.close();
    const ids = Object.values(stored).map(({ id }) => id);
    const left = await storage.sessions.findAll(ids);
    expect(ids.map((id) => left.has(id))).toEqual([false, true, false, true]);
    expect(await storage.images.find(picture.id)).toEqual(picture);
  });
});
