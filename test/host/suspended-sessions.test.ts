import { expect, test } from "vitest";
import { openEmbeddedBus } from "../../server/bus/embedded.js";
import { SuspendedSessions } from "../../server/host/suspended-sessions.js";
import { openEmbeddedQueue } from "../../server/queue/embedded.js";
import type { Storage } from "../../server/storage/storage.js";
import { aSession } from "../contracts/records.js";
import { until } from "../helpers/until.js";

test("a painting that was suspended goes on before those that waited behind it", async () => {
  const [suspended, waiting] = [aSession("image", { id: "suspended", status: "QUEUED" }), aSession("image", { id: "waiting" })];
  const queue = openEmbeddedQueue();
  await queue.add({ sessionId: waiting.id, ownerId: waiting.ownerId, kind: "PAINTED", ownerLimit: null, linkId: null });
  const left = [suspended.id];
  const storage = {
    sessions: { suspended: async () => left.splice(0), resume: async () => suspended },
    space: { obstacle: async () => null },
  } as unknown as Storage;
  const closing = new AbortController();
  const failed = (error: unknown) => {
    throw error;
  };
  const resuming = new SuspendedSessions({
    storage,
    bus: openEmbeddedBus(failed),
    queue,
    log: failed,
    closing: closing.signal,
    retryMs: 1,
  });
  const running = resuming.run();
  await until(async () => (await queue.list()).length === 2);
  expect(await queue.list()).toEqual([suspended.id, waiting.id]);
  closing.abort();
  await running;
});
