import { readFile } from "node:fs/promises";
import express from "express";
import { afterAll, beforeAll, expect, test } from "vitest";
import { inRoot } from "../../scripts/root.mjs";
import { HostMetrics } from "../../server/http/host-metrics.js";
import { createMetrics, type MetricsParts } from "../../server/http/metrics.js";
import { createWorkerApp } from "../../server/http/worker.js";
import { LiveCounts } from "../../server/sessions/live/counts.js";
import { TimeHistogram } from "../../server/sessions/time-histogram.js";
import type { Storage } from "../../server/storage/storage.js";
import { openTemporaryStorage, type TemporaryStorage } from "../helpers/temporary-storage.js";
import { ask, listen } from "../http/server.js";

let stored: TemporaryStorage;
let storage: Storage;
beforeAll(async () => {
  stored = await openTemporaryStorage();
  storage = stored.storage;
});
afterAll(() => stored.close());

const api = { viewers: () => 2, droppedFrames: () => 5, lag: new TimeHistogram([5]), live: new LiveCounts() };
const unreachable = () => null;

function host(): HostMetrics {
  const metrics = new HostMetrics(() => [{ name: "cuda:1", sessionIds: ["a", "b"] }]);
  metrics.count({ device: "cuda:1", kind: "LIVE", computeMs: 20 });
  metrics.count({ device: "cuda:1", kind: "PAINTED", computeMs: 700 });
  metrics.count({ device: "cuda:1", kind: "PAINTED", computeMs: 60_000 });
  return metrics;
}

/** What a process with these parts sends, by metric and labels. */
async function sent(parts: Omit<MetricsParts, "storage">): Promise<Map<string, string>> {
  const metrics = createMetrics({ storage, ...parts });
  const server = await listen(express().get("/metrics", metrics.send));
  const lines = (await ask(server.port, "/metrics")).body.toString().trimEnd().split("\n");
  await server.close();
  metrics.close();
  return new Map(lines.filter((line) => !line.startsWith("#")).map((line) => line.split(" ") as [string, string]));
}

async function namesSent(parts: Omit<MetricsParts, "storage">): Promise<Set<string>> {
  return new Set([...(await sent(parts)).keys()].map((key) => key.replace(/\{.*/, "")));
}

test("the steps of each device are counted by their time", async () => {
  const figures = Object.fromEntries(await sent({ api: null, host: host() }));
  expect(figures).toMatchObject({
    'atelier_step_seconds_bucket{device="cuda:1",kind="LIVE",le="0.01"}': "0",
    'atelier_step_seconds_bucket{device="cuda:1",kind="LIVE",le="0.025"}': "1",
    'atelier_step_seconds_bucket{device="cuda:1",kind="PAINTED",le="30"}': "1",
    'atelier_step_seconds_bucket{device="cuda:1",kind="PAINTED",le="+Inf"}': "2",
    'atelier_step_seconds_sum{device="cuda:1",kind="PAINTED"}': "60.7",
    'atelier_device_sessions{device="cuda:1"}': "2",
  });
});

test("a process leaves out what it does not do", async () => {
  const [worker, server] = [await namesSent({ api: null, host: host() }), await namesSent({ api, host: null })];
  expect(worker).toContain("atelier_sessions");
  expect(worker).not.toContain("atelier_viewers");
  expect(server).toContain("atelier_viewer_frames_dropped_total");
  expect(server).not.toContain("atelier_device_sessions");
});

test("a worker sends its metrics, unless the operator wants none", async () => {
  const metrics = createMetrics({ storage, api: null, host: host() });
  for (const [given, status] of [[metrics, 200] as const, [null, 404] as const]) {
    const { port, close } = await listen(
      createWorkerApp({
        readiness: { look: async () => ({ obstacle: null, freeBytes: null }) },
        metrics: given,
        warn: () => undefined,
        report: () => undefined,
      }),
    );
    expect((await ask(port, "/metrics")).status).toBe(status);
    await close();
  }
  metrics.close();
});

test("where there is a Redis, the metrics say if it answers", async () => {
  const redis = async (state: string | null) => (await sent({ api: null, host: null, unreachable: () => state })).get("atelier_redis_up");
  expect([await redis(null), await redis("Redis cannot be reached.")]).toEqual(["1", "0"]);
  expect(await namesSent({ api: null, host: null })).not.toContain("atelier_redis_up");
});

test("the dashboard shows all metrics that are sent, and no other", async () => {
  const names = await namesSent({ api, unreachable, host: host() });
  const dashboard = await readFile(inRoot("docs/grafana.json"), "utf8");
  const { panels } = JSON.parse(dashboard) as { panels: { title: string; targets: { expr: string }[] }[] };
  const queried = panels.map(({ title, targets }) => ({
    title,
    used: targets.flatMap(({ expr }) => expr.match(/\b(?:atelier|process)_\w+/g) ?? []),
  }));
  const parts = /_(bucket|sum|count)$/;
  const all = (given: Iterable<string>) => [...new Set([...given].map((name) => name.replace(parts, "")))].sort();
  expect(all(queried.flatMap(({ used }) => used))).toEqual(all(names));
  for (const { title, used } of queried) {
    expect(used.length, title).toBeGreaterThan(0);
    expect(
      used.filter((name) => !names.has(name)),
      title,
    ).toEqual([]);
  }
});

test("docs/operate.md explains every metric, and no other", async () => {
  const names = await namesSent({ api, unreachable, host: host() });
  const sentNames = new Set([...names].map((name) => name.replace(/_(bucket|sum|count)$/, "")));
  const text = await readFile(inRoot("docs/operate.md"), "utf8");
  const rows = text.match(/^\| `(?:atelier|process)_.*? \|/gm) ?? [];
  const explained = rows.flatMap((row) => row.match(/(?:atelier|process)_\w+/g) ?? []);
  expect([...explained].sort()).toEqual([...sentNames].sort());
});
