import { randomUUID } from "node:crypto";
import { expect, test } from "vitest";
import type { StyleTransferRecord } from "../../server/records/session.js";
import { aFilm, anImage } from "../contracts/records.js";
import { eventually } from "../helpers/eventually.js";
import { partiesOfFile } from "../helpers/parties.js";

const HOURS = 24;
const parties = partiesOfFile({ retentionHours: HOURS });
const hoursAgo = (hours: number) => new Date(Date.now() - 3_600_000 * hours);

function paint(ownerId: string, hours: number, changes: Partial<StyleTransferRecord> = {}): Promise<StyleTransferRecord> {
  const at = hoursAgo(hours);
  return parties.paint(ownerId, "PRIVATE", { createdAt: at, queuedAt: at, finishedAt: at, ...changes });
}

test("anyone reads how long the server keeps what is not an admin's", async () => {
  for (const { client } of [parties.clients.STRANGER, parties.owner]) {
    expect((await client.query("{ server { retentionHours } }")).server.retentionHours).toBe(HOURS);
  }
});

test("old work of others than admins is deleted with its pictures and films, also while it is paused, and everyone hears of it", async () => {
  const { owner, clients, running } = parties;
  const { storage } = running;
  const hears: string[] = [];
  const removals = owner.client.subscribe("subscription { sessionRemovals }");
  const listening = (async () => {
    for await (const { data } of removals) hears.push(data.sessionRemovals);
  })();
  const film = async (ownerId: string, sessionId: string, besideId: string | null = null) => {
    const record = aFilm({ sessionId, besideId }, { ownerId });
    await storage.films.insert(record, { makerId: "tests", leaseMs: 3_600_000 });
    return record;
  };
  // Before their sessions, which may be deleted at once. An admin's film of an old painting goes with it too.
  const [first, second, young] = [randomUUID(), randomUUID(), randomUUID()];
  const films = [await film(owner.ownerId, first), await film(clients.ADMIN.ownerId, second), await film(owner.ownerId, young, first)];
  const old = [
    await paint(owner.ownerId, HOURS + 1, { id: first, starred: true }),
    await paint(owner.ownerId, HOURS + 1, { id: second, status: "PAUSED", finishedAt: null }),
    await paint(owner.ownerId, HOURS + 1, { visibility: "PUBLIC", expiresAt: new Date(Date.now() + 3_600_000) }),
  ];
  const kept = [
    await paint(owner.ownerId, HOURS - 1, { id: young }),
    await paint(owner.ownerId, HOURS + 1, { finishedAt: hoursAgo(HOURS - 1) }),
    await paint(owner.ownerId, HOURS + 1, { status: "RUNNING", finishedAt: null }),
    await paint(clients.ADMIN.ownerId, HOURS + 1),
  ];
  const keptFilms = [await film(owner.ownerId, young), await film(clients.ADMIN.ownerId, kept[3]!.id)];
  const unused = await storage.images.insert(anImage({ ownerId: owner.ownerId, createdAt: hoursAgo(HOURS + 1) }));
  const early = anImage({ ownerId: owner.ownerId, createdAt: hoursAgo(HOURS + 1) });
  await storage.images.insert(early);
  const again = await storage.images.insert({ ...early, id: randomUUID(), createdAt: new Date() });
  const recent = await storage.images.insert(anImage({ ownerId: owner.ownerId }));
  const admins = await storage.images.insert(anImage({ ownerId: clients.ADMIN.ownerId, createdAt: hoursAgo(HOURS + 1) }));
  await eventually(async () => {
    for (const { id, contentId } of old) {
      expect(await storage.sessions.find(id)).toBeNull();
      expect(await storage.frames.find(id, 0)).toBeNull();
      expect(await storage.images.find(contentId)).toBeNull();
    }
    expect(await storage.images.find(unused.id)).toBeNull();
    for (const { id } of films) expect(await storage.films.find(id)).toBeNull();
  });
  for (const { id, contentId } of kept) {
    expect(await storage.sessions.find(id)).not.toBeNull();
    expect(await storage.images.find(contentId)).not.toBeNull();
  }
  for (const { id } of keptFilms) expect(await storage.films.find(id)).not.toBeNull();
  for (const { id } of [recent, again, admins]) expect(await storage.images.find(id)).not.toBeNull();
  await eventually(() => expect(hears).toEqual(expect.arrayContaining([old[0]!.id, old[1]!.id])));
  await removals.return?.();
  await listening;
});
