import express from "express";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { StorageUnavailable } from "../../server/errors.js";
import { healthRoutes } from "../../server/http/health.js";
import { HostMetrics } from "../../server/http/host-metrics.js";
import { createMetrics, type MetricsParts } from "../../server/http/metrics.js";
import { createWorkerApp } from "../../server/http/worker.js";
import { Readiness, type ReadinessParts } from "../../server/sessions/readiness.js";
import type { Storage } from "../../server/storage/storage.js";
import { openTemporaryStorage, type TemporaryStorage } from "../helpers/temporary-storage.js";
import { ask, listen } from "./server.js";

let stored: TemporaryStorage;
let storage: Storage;
beforeAll(async () => {
  stored = await openTemporaryStorage();
  storage = stored.storage;
});
afterAll(() => stored.close());

const elsewhere = { Host: "10.0.0.7:80" };
const away = () => Promise.reject(new StorageUnavailable("The database cannot be reached (ECONNREFUSED)."));
const never = () => new Promise<never>(() => undefined);

/** A space where all is well, with changes. */
function spaceWith(changes: Partial<Storage["space"]> = {}): Storage["space"] {
  return { ...storage.space, free: async (place) => (place === "own" ? 1234 : null), obstacle: async () => null, ...changes };
}

function readinessWith(parts: Partial<ReadinessParts>, faults: unknown[] = []): Readiness {
  return new Readiness({ unready: () => null, space: spaceWith(), report: (error) => faults.push(error), ...parts });
}

/** Serves the health of a server; returns how its readiness is asked for, what it logs and its faults. */
async function serve({ workers, ...parts }: Partial<ReadinessParts> & { workers?: () => number }) {
  const [logged, faults]: [string[], unknown[]] = [[], []];
  const readiness = readinessWith(parts, faults);
  const app = express().use(healthRoutes({ readiness, warn: (line) => logged.push(line), ...(workers ? { workers } : {}) }));
  const { port, close } = await listen(app);
  onTestFinished(close);
  const ready = async (headers: Record<string, string> = {}) => {
    const answer = await ask(port, "/readyz", { headers });
    return [answer.status, answer.json()];
  };
  return { ready, logged, faults };
}

/** Serves what a worker does, and its metrics of this storage. */
async function serveWorker(parts: Partial<MetricsParts["storage"]>) {
  const faults: unknown[] = [];
  const changed = { ...storage, space: spaceWith(), ...parts };
  const metrics = createMetrics({ storage: changed, api: null, host: new HostMetrics(() => [{ name: "cpu", sessionIds: ["a"] }]) });
  const receivers = { warn: () => undefined, report: (error: unknown) => faults.push(error) };
  const { port, close } = await listen(createWorkerApp({ readiness: readinessWith({ space: changed.space }), metrics, ...receivers }));
  onTestFinished(async () => {
    metrics.close();
    await close();
  });
  return { get: (path: string) => ask(port, path), faults };
}

describe("readiness", () => {
  it("of a server whose workers are other processes reports how many there are, and needs none", async () => {
    let [workers, reason]: [number, string | null] = [0, null];
    const { ready } = await serve({ unreachable: () => reason, workers: () => workers });
    expect(await ready()).toEqual([200, { status: "ready", workers: 0, freeBytes: 1234 }]);
    workers = 2;
    expect(await ready()).toEqual([200, { status: "ready", workers: 2, freeBytes: 1234 }]);
    expect(await ready(elsewhere)).toEqual([200, { status: "ready" }]);
    reason = "Redis cannot be reached (10.0.0.8).";
    expect(await ready()).toMatchObject([503, { code: "UNAVAILABLE", message: reason, workers: 2 }]);
    expect(await ready(elsewhere)).toMatchObject([503, { code: "UNAVAILABLE", message: "The workers cannot be reached now." }]);
  });

  it("needs the other processes also where this one runs sessions", async () => {
    const { ready } = await serve({ unready: () => null, unreachable: () => "Redis cannot be reached (ECONNREFUSED)." });
    expect(await ready()).toMatchObject([503, { message: "Redis cannot be reached (ECONNREFUSED)." }]);
  });

  it("reports that nothing can be stored, with the least free space of all places", async () => {
    const space = spaceWith({ free: async (place) => (place === "own" ? 12 : 345), obstacle: async () => "The disk is full." });
    const { ready } = await serve({ space });
    expect(await ready()).toMatchObject([503, { code: "UNAVAILABLE", message: "The disk is full.", freeBytes: 12 }]);
    expect(await ready(elsewhere)).toEqual([503, { code: "UNAVAILABLE", message: "Nothing can be stored now.", field: null, limit: null }]);
  });

  it("shows strangers nothing of a fault of the server's own, and reports it", async () => {
    const fault = new Error("at /srv/secret/path");
    const { ready, faults } = await serve({ space: spaceWith({ obstacle: () => Promise.reject(fault) }) });
    expect(await ready(elsewhere)).toEqual([503, { code: "UNAVAILABLE", message: "Nothing can be stored now.", field: null, limit: null }]);
    expect(JSON.stringify(await ready())).not.toContain("secret");
    expect(faults).toContain(fault);
  });

  it("is looked at once for all who ask within a short time", async () => {
    let looks = 0;
    const obstacle = async () => {
      looks++;
      return null;
    };
    const { ready } = await serve({ space: spaceWith({ obstacle }) });
    for (const [status] of await Promise.all(Array.from({ length: 20 }, () => ready(elsewhere)))) expect(status).toBe(200);
    // Under heavy load, some may ask so late that there is another look for them.
    expect(looks).toBeLessThan(20);
  });

  it("is refused soon while the storage says nothing, and given once the storage is back", async () => {
    let isSilent = true;
    const obstacle = async () => (isSilent ? never() : null);
    const { ready } = await serve({ space: spaceWith({ obstacle }) });
    const refused = [503, expect.objectContaining({ message: "The storage did not answer in time.", freeBytes: null })];
    expect(await ready()).toEqual(refused);
    isSilent = false;
    // Although that look still hangs.
    await expect.poll(async () => (await ready())[0], { timeout: 20_000 }).toBe(200);
  });

  it("is logged with its full reason when it changes, not whenever it is asked for", async () => {
    let reason: string | null = "Redis cannot be reached (10.0.0.8).";
    const { ready, logged } = await serve({ unreachable: () => reason });
    for (let time = 0; time < 3; time++) await ready(elsewhere);
    expect(logged).toEqual(["This server is not ready: Redis cannot be reached (10.0.0.8)."]);
    reason = null;
    for (let time = 0; time < 3; time++) await ready(elsewhere);
    expect(logged.slice(1)).toEqual(["This server is ready."]);
  });
});

describe("what is in the way", () => {
  it("reaches every watcher at once and after each change, with the full reason only for those who may read it", async () => {
    let reason: string | null = null;
    const readiness = readinessWith({ unreachable: () => reason });
    const watching = [await readiness.watch(true), await readiness.watch(false)];
    const next = () => Promise.all(watching.map(async (feed) => (await feed.next()).value?.obstacle));
    expect(await next()).toEqual([null, null]);
    reason = "Redis cannot be reached (10.0.0.8).";
    expect(await next()).toEqual([reason, "The workers cannot be reached now."]);
    const late = await readiness.watch(false);
    expect((await late.next()).value?.obstacle).toBe("The workers cannot be reached now.");
    await late.return();
    reason = null;
    expect(await next()).toEqual([null, null]);
    for (const feed of watching) await feed.return();
  });
});

describe("a worker", () => {
  it("sends what needs no database while that is away", async () => {
    const { get } = await serveWorker({ sessions: { ...storage.sessions, load: away } });
    const answer = await get("/metrics");
    const text = answer.body.toString();
    expect(answer.status).toBe(200);
    expect(text).toContain("atelier_database_up 0\n");
    expect(text).toContain('atelier_disk_free_bytes{place="own"} 1234\n');
    expect(text).toContain('atelier_device_sessions{device="cpu"} 1\n');
    expect(text).not.toMatch(/atelier_(sessions|frames|oldest)/);
  });

  it("sends its metrics also while the storage says nothing", async () => {
    const free: Storage["space"]["free"] = async (place) => (place === "own" ? 1234 : never());
    const { get } = await serveWorker({ sessions: { ...storage.sessions, load: never }, space: spaceWith({ free }) });
    const text = (await get("/metrics")).body.toString();
    expect(text).toContain("atelier_database_up 0\n");
    expect(text).toContain('atelier_disk_free_bytes{place="own"} 1234\n');
    expect(text).not.toContain('place="store"');
  });

  it("reports where space is known, and that the database answers", async () => {
    const { get } = await serveWorker({ space: spaceWith({ free: async (place) => (place === "own" ? 12 : 345) }) });
    const text = (await get("/metrics")).body.toString();
    expect(text).toContain('atelier_disk_free_bytes{place="own"} 12\n');
    expect(text).toContain('atelier_disk_free_bytes{place="store"} 345\n');
    expect(text).toContain("atelier_database_up 1\n");
    expect(text).toContain("atelier_frames 0\n");
  });

  it("hides its own faults from clients, and reports them", async () => {
    const fault = new Error("at /srv/secret/path");
    const { get, faults } = await serveWorker({ sessions: { ...storage.sessions, load: () => Promise.reject(fault) } });
    const answer = await get("/metrics");
    expect([answer.status, answer.json()]).toEqual([500, { code: "INTERNAL", message: "The server failed.", field: null, limit: null }]);
    expect(faults).toEqual([fault]);
    expect((await get("/nothing")).json()).toMatchObject({ code: "NOT_FOUND" });
  });
});
