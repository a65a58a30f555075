import { expect, test } from "vitest";
import { recoverInterrupted } from "../../server/host/recovery.js";
import { openEmbeddedQueue } from "../../server/queue/embedded.js";
import type { SessionStatus } from "../../server/sessions/session.js";
import { anImage, aSession } from "../contracts/records.js";
import { MemoryStorage } from "../helpers/host-fakes.js";

async function store(storage: MemoryStorage, status: SessionStatus, minute: number): Promise<string> {
  const session = aSession(anImage().id, { status, createdAt: new Date(2026, 0, 1, 0, minute) });
  await storage.sessions.insert(session);
  return session.id;
}

test("sessions that ran are interrupted, those that waited wait again in order, the others stay", async () => {
  const storage = new MemoryStorage();
  const queue = openEmbeddedQueue();
  const second = await store(storage, "QUEUED", 7);
  const first = await store(storage, "QUEUED", 2);
  const running = await store(storage, "RUNNING", 1);
  const completed = await store(storage, "COMPLETED", 0);
  await storage.checkpoints.put(running, 3, Uint8Array.of(1));

  expect(await recoverInterrupted(storage, queue)).toEqual({ interrupted: 1, requeued: 2 });

  const interrupted = storage.sessionRows.get(running)!;
  expect(interrupted).toMatchObject({ status: "FAILED", error: { code: "INTERRUPTED" } });
  expect(interrupted.finishedAt).toBeInstanceOf(Date);
  expect(await storage.checkpoints.get(running)).not.toBeNull();
  expect(storage.sessionRows.get(completed)!.status).toBe("COMPLETED");
  expect([await queue.position(first), await queue.position(second)]).toEqual([1, 2]);
});

test("more sessions than one page holds are all found", async () => {
  const storage = new MemoryStorage();
  const queue = openEmbeddedQueue();
  for (let minute = 0; minute < 250; minute++) await store(storage, minute % 2 ? "RUNNING" : "QUEUED", minute);
  expect(await recoverInterrupted(storage, queue)).toEqual({ interrupted: 125, requeued: 125 });
});
