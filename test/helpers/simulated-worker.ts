import { randomUUID } from "node:crypto";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { type Bus, publishChange } from "../../server/bus/bus.js";
import { openRemoteBus } from "../../server/bus/remote.js";
import { ClaimLost } from "../../server/errors.js";
import { storeAndPublish } from "../../server/host/frame-store.js";
import type { ClaimedEntry, Queue } from "../../server/queue/queue.js";
import { openRemoteQueue } from "../../server/queue/remote.js";
import { openWakeUps } from "../../server/queue/wake-ups.js";
import { openRemoteStorage, type RemoteStorage } from "../../server/storage/remote/open.js";
import { openRemoteRecentFrames } from "../../server/storage/remote/recent-frames.js";

/** What processes of a simulated fleet share. */
export interface SharedPlaces {
  databaseUrl: string;
  redisUrl: string;
  /** Holds the pictures, in `blobs`, and a folder of each member. */
  folder: string;
}

/** The engines of one API server or worker. */
export interface Member {
  storage: RemoteStorage;
  bus: Bus;
  queue: Queue;
  /** Times of the claims that found a session, with the wait for those of other workers, ms. */
  claimMs: number[];
  close(): Promise<void>;
}

/** Opens engines as a process of its own does. What fails goes to `failed`. */
export async function openMember({ databaseUrl, redisUrl, folder }: SharedPlaces, failed: (error: unknown) => void): Promise<Member> {
  const workerId = randomUUID();
  const claimMs: number[] = [];
  const recentFrames = openRemoteRecentFrames(redisUrl, { warn: failed });
  const blobs = { kind: "folder", folder: join(folder, "blobs") } as const;
  const storage = await openRemoteStorage({ databaseUrl, blobs, cacheFolder: join(folder, workerId), recentFrames });
  const bus = await openRemoteBus(redisUrl, { onListenerError: failed, warn: failed });
  const claim: typeof storage.leases.claim = async (...wanted) => {
    const began = performance.now();
    const entry = await storage.leases.claim(...wanted);
    if (entry) claimMs.push(performance.now() - began);
    return entry;
  };
  const queue = openRemoteQueue({
    leases: { ...storage.leases, claim },
    wakeUps: openWakeUps(redisUrl, { warn: failed }),
    workerId,
    capability: () => ({ models: null, maxSize: 4096 }),
    failed,
  });
  return {
    ...{ storage, bus, queue, claimMs },
    async close() {
      await queue.close();
      await bus.close();
      await storage.close();
      recentFrames.close();
    },
  };
}

export interface WorkOptions {
  /** Sessions that a worker has at a time. */
  sessionsAtOnce: number;
  /** How long a step takes, ms. */
  stepMs: number;
}

export interface WorkReport {
  /** Ids of the sessions that this worker completed. */
  completed: string[];
  /** Claims that other workers took over. */
  lost: number;
  claimMs: number[];
  failures: string[];
}

/** A worker without a device: it claims sessions, and stores and publishes their frames as a host does, but only waits in between. */
export async function hireWorker(shared: SharedPlaces, { sessionsAtOnce, stepMs }: WorkOptions): Promise<{ leave(): Promise<WorkReport> }> {
  const report: WorkReport = { completed: [], lost: 0, claimMs: [], failures: [] };
  const member = await openMember(shared, (error) => report.failures.push(String(error)));
  const { storage, bus, queue } = member;
  report.claimMs = member.claimMs;
  const leaving = new AbortController();

  async function paint(entry: ClaimedEntry): Promise<void> {
    const { sessionId } = entry;
    const held = storage.held(entry);
    const begun = await held.sessions.update(sessionId, { status: "RUNNING", startedAt: new Date() }, ["QUEUED", "RUNNING"]);
    if (begun?.kind !== "STYLE_TRANSFER") throw new ClaimLost();
    await publishChange(bus, begun);
    for (let step = begun.step + 1; step <= begun.settings.steps; step++) {
      await delay(stepMs);
      const picture = new TextEncoder().encode(`${sessionId} ${step}`);
      const losses = { total: 1, content: 1, style: 0, tv: 0, layers: [] };
      const size = { width: 64, height: 64 };
      const frame = { type: "frame", sessionId, step, picture, mimeType: "image/jpeg", ...size, losses, computeMs: stepMs } as const;
      if (!(await storeAndPublish(frame, held, bus))) throw new Error(`Session ${sessionId} is gone.`);
    }
    const ended = await held.sessions.update(sessionId, { status: "COMPLETED", finishedAt: new Date() }, ["RUNNING"]);
    if (!ended) throw new ClaimLost();
    report.completed.push(sessionId);
    await publishChange(bus, ended);
  }

  async function work(entry: ClaimedEntry): Promise<void> {
    try {
      await paint(entry);
    } catch (error) {
      if (error instanceof ClaimLost) report.lost++;
      else report.failures.push(String(error));
    } finally {
      await queue.release(entry.sessionId);
    }
  }

  async function serve(): Promise<void> {
    const painting = new Set<Promise<void>>();
    for (;;) {
      while (painting.size >= sessionsAtOnce) await Promise.race(painting);
      const entry = await queue.claim(leaving.signal);
      if (!entry) break;
      const done: Promise<void> = work(entry).finally(() => painting.delete(done));
      painting.add(done);
    }
    await Promise.all(painting);
  }

  const serving = serve();
  return {
    async leave() {
      leaving.abort();
      await serving;
      await member.close();
      return report;
    },
  };
}
