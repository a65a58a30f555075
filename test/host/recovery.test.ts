import { expect, onTestFinished, test } from "vitest";
import { recoverSessions } from "../../server/host/recovery.js";
import { limitTable } from "../../server/limits/table.js";
import { openEmbeddedQueue } from "../../server/queue/embedded.js";
import type { Queue } from "../../server/queue/queue.js";
import { type LinkRecord, LOCAL_OWNER } from "../../server/records/access.js";
import type { SessionStatus } from "../../server/records/session.js";
import type { Storage } from "../../server/storage/storage.js";
import { aLink } from "../contracts/access.js";
import { anImage, aSession, aTranslation } from "../contracts/records.js";
import { openTemporaryStorage } from "../helpers/temporary-storage.js";

async function openStorage(): Promise<Storage> {
  const { storage, close } = await openTemporaryStorage();
  onTestFinished(close);
  return storage;
}

async function store(
  storage: Storage,
  status: SessionStatus,
  minute: number,
  { queuedMinute = minute, ownerId = LOCAL_OWNER } = {},
): Promise<string> {
  const at = (after: number) => new Date(2026, 0, 1, 0, after);
  const image = anImage();
  await storage.images.insert(image);
  const session = aSession(image.id, { status, createdAt: at(minute), queuedAt: at(queuedMinute), ownerId });
  await storage.sessions.insert(session);
  return session.id;
}

async function placesIn(queue: Queue, ids: string[]): Promise<(number | null)[]> {
  return Promise.all(ids.map((id) => queue.position(id)));
}

test("sessions that ran continue first, those that waited keep their place, and the others stay as they were", async () => {
  const storage = await openStorage();
  const queue = openEmbeddedQueue();
  const second = await store(storage, "QUEUED", 7);
  const first = await store(storage, "QUEUED", 2);
  const resumedLately = await store(storage, "QUEUED", 0, { queuedMinute: 30 });
  const running = await store(storage, "RUNNING", 9);
  const completed = await store(storage, "COMPLETED", 0);
  const paused = await store(storage, "PAUSED", 0);

  expect(await recoverSessions(storage, queue)).toEqual({ resumed: 1, requeued: 3 });

  expect(await placesIn(queue, [running, first, second, resumedLately])).toEqual([1, 2, 3, 4]);
  expect(await placesIn(queue, [completed, paused])).toEqual([null, null]);
  expect((await storage.sessions.find(running))?.status).toBe("RUNNING");
});

test("the owners of sessions that ran have had their turn, and those who waited are as fair to each other as before", async () => {
  const storage = await openStorage();
  const queue = openEmbeddedQueue();
  const ran = [await store(storage, "RUNNING", 0, { ownerId: "ann" }), await store(storage, "RUNNING", 1, { ownerId: "ann" })];
  const anns = await store(storage, "QUEUED", 2, { ownerId: "ann" });
  const bens = [await store(storage, "QUEUED", 3, { ownerId: "ben" }), await store(storage, "QUEUED", 4, { ownerId: "ben" })];
  await recoverSessions(storage, queue);
  expect(await queue.list()).toEqual([...ran, ...bens, anns]);
});

test("live translations that waited have the limit of their owner; without access control there is none", async () => {
  const storage = await openStorage();
  const queue = openEmbeddedQueue();
  const owners = [LOCAL_OWNER, "ann"].flatMap((ownerId) => Array.from({ length: limitTable.liveSessions.value + 1 }, () => ownerId));
  for (const ownerId of owners) await storage.sessions.insert(aTranslation(null, { status: "QUEUED", ownerId }));
  await recoverSessions(storage, queue);
  const claimed: string[] = [];
  while (claimed.length < owners.length - 1) claimed.push((await queue.claim(AbortSignal.timeout(5000)))?.ownerId ?? "nobody");
  expect(claimed.sort()).toEqual([...owners.filter((id) => id === "ann").slice(1), ...owners.filter((id) => id === LOCAL_OWNER)]);
  expect(await queue.list()).toHaveLength(1);
});

test("paintings that waited have the limit of their owner; without access control there is none", async () => {
  const storage = await openStorage();
  const queue = openEmbeddedQueue();
  const limit = limitTable.paintedSessions.value;
  for (const ownerId of [LOCAL_OWNER, "ann"])
    for (let minute = 0; minute <= limit; minute++) await store(storage, "QUEUED", minute, { ownerId });
  await recoverSessions(storage, queue);
  const claimed: string[] = [];
  while (claimed.length <= 2 * limit) claimed.push((await queue.claim(AbortSignal.timeout(5000)))?.ownerId ?? "nobody");
  expect(claimed.filter((ownerId) => ownerId === "ann")).toHaveLength(limit);
  expect(await queue.list()).toHaveLength(1);
});

test("the visitors of a link leave the last place to others after a restart too, and admins' visitors need not", async () => {
  const storage = await openStorage();
  const queue = openEmbeddedQueue();
  const [pupils, admins] = [aLink(), aLink({ role: "ADMIN" })];
  for (const link of [pupils, admins]) await storage.access.addLink(link, link.id);
  const places = limitTable.linkRunningSessions.value;
  const arrive = async (link: LinkRecord, minute: number) => {
    const ownerId = `${link.role} ${minute}`;
    await storage.access.admit(ownerId, ownerId, link);
    await store(storage, minute === 0 ? "RUNNING" : "QUEUED", minute, { ownerId });
  };
  for (let minute = 0; minute <= places; minute++) await arrive(pupils, minute);
  for (let minute = 0; minute <= places; minute++) await arrive(admins, minute);
  await recoverSessions(storage, queue);
  const claimed: string[] = [];
  while (claimed.length < 2 * places + 1) claimed.push((await queue.claim(AbortSignal.timeout(5000)))?.ownerId ?? "nobody");
  expect(claimed.filter((ownerId) => ownerId.startsWith("ARTIST"))).toHaveLength(places);
  expect(claimed.filter((ownerId) => ownerId.startsWith("ADMIN"))).toHaveLength(places + 1);
});

test("a live translation that ran is completed", async () => {
  const storage = await openStorage();
  const queue = openEmbeddedQueue();
  const live = aTranslation(null, { status: "RUNNING" });
  await storage.sessions.insert(live);
  expect(await recoverSessions(storage, queue)).toEqual({ resumed: 0, requeued: 0 });
  expect(await storage.sessions.find(live.id)).toMatchObject({ status: "COMPLETED", finishedAt: expect.any(Date) });
});

test("all sessions are found even if they do not fit on one page", async () => {
  const storage = await openStorage();
  const queue = openEmbeddedQueue();
  for (let minute = 0; minute < 250; minute++) await store(storage, minute % 2 ? "RUNNING" : "QUEUED", minute);
  expect(await recoverSessions(storage, queue)).toEqual({ resumed: 125, requeued: 125 });
});

test("a live translation ends as a client wished before the server did", async () => {
  const storage = await openStorage();
  const [wished, other] = [aTranslation(null, { status: "RUNNING", wish: "CANCELLED" }), aTranslation(null, { status: "RUNNING" })];
  for (const session of [wished, other]) await storage.sessions.insert(session);
  await recoverSessions(storage, openEmbeddedQueue());
  const ended = await storage.sessions.findAll([wished.id, other.id]);
  expect([wished, other].map(({ id }) => ended.get(id)?.status)).toEqual(["CANCELLED", "COMPLETED"]);
});
