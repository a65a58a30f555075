import express from "express";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createHttpApp } from "../../server/http/app.js";
import { createGuard } from "../../server/http/guard.js";
import { createMetrics } from "../../server/http/metrics.js";
import { SocketPlaces } from "../../server/limits/socket-places.js";
import { LiveCounts } from "../../server/sessions/live/counts.js";
import { Readiness } from "../../server/sessions/readiness.js";
import { TimeHistogram } from "../../server/sessions/time-histogram.js";
import { aFrame, anImage, aSession } from "../contracts/records.js";
import { until } from "../helpers/until.js";
import { ask, limits, listen, type RunningServer, startHttp } from "./server.js";

let missing: string | null = null;
let server: RunningServer;
beforeAll(async () => {
  server = await startHttp({ unready: () => missing });
});
afterAll(() => server.close());

describe("health", () => {
  it("reports under every host name that the API serves", async () => {
    const answer = await ask(server.port, "/healthz", { headers: { Host: "10.0.0.7:80" } });
    expect([answer.status, answer.json()]).toEqual([200, { status: "ok" }]);
  });

  it("reports whether sessions can run, and why not", async () => {
    expect((await ask(server.port, "/readyz")).status).toBe(200);
    missing = "No device is ready.";
    const answer = await ask(server.port, "/readyz");
    missing = null;
    expect([answer.status, answer.json()]).toEqual([
      503,
      { code: "UNAVAILABLE", message: "No device is ready.", field: null, limit: null, freeBytes: expect.any(Number) },
    ]);
  });
});

describe("readiness, asked from elsewhere", () => {
  it.each([
    ["Host", "10.0.0.7:80"],
    ["Host", "evil.example"],
    ["X-Forwarded-For", "203.0.113.7"],
  ])("tells no numbers and no details, with %s: %s", async (name, value) => {
    const headers = { [name]: value };
    const ready = await ask(server.port, "/readyz", { headers });
    expect([ready.status, ready.json()]).toEqual([200, { status: "ready" }]);
    missing = "The device GPU 3 is out of memory.";
    const answer = await ask(server.port, "/readyz", { headers });
    missing = null;
    expect([answer.status, answer.json()]).toEqual([
      503,
      { code: "UNAVAILABLE", message: "Sessions cannot run now.", field: null, limit: null },
    ]);
  });
});

describe("metrics", () => {
  const read = async () => {
    const answer = await ask(server.port, "/metrics");
    expect(answer.headers["content-type"]).toBe("text/plain; version=0.0.4; charset=utf-8");
    const lines = answer.body.toString().trimEnd().split("\n");
    for (const line of lines) expect(line).toMatch(/^(# (HELP|TYPE) [a-z_]+ .+|[a-z_]+(\{[a-z]+="[^"]+"\})? -?[0-9.e+-]+)$/);
    return new Map(lines.filter((line) => !line.startsWith("#")).map((line) => line.split(" ") as [string, string]));
  };

  it("counts sessions, frames, viewers and uploads", async () => {
    const image = anImage();
    await server.storage.images.insert(image);
    const session = aSession(image.id, { status: "RUNNING" });
    await server.storage.sessions.insert(session);
    await server.storage.frames.insert(aFrame(session.id, 0, { byteLength: 1000 }));
    await server.storage.frames.insert(aFrame(session.id, 1, { byteLength: 234 }));
    await ask(server.port, "/images", { method: "POST", body: [Buffer.from("not a picture")] });
    const figures = await read();
    expect(Object.fromEntries(figures)).toMatchObject({
      'atelier_sessions{status="RUNNING"}': "1",
      'atelier_sessions{status="FAILED"}': "0",
      atelier_frames: "2",
      atelier_frame_bytes: "1234",
      atelier_viewers: "3",
      atelier_viewer_frames_dropped_total: "7",
      atelier_oldest_wait_seconds: "0",
      atelier_oldest_lease_seconds: "0",
      'atelier_uploads_total{result="refused"}': "1",
      'atelier_uploads_total{result="stored"}': "0",
    });
  });

  it("reports the delay of the event loop since the last reading", async () => {
    // A reading may come before the loop's clock has seen the delay, and reset it.
    await until(async () => {
      const end = performance.now() + 150;
      while (performance.now() < end) Math.sqrt(end);
      return Number((await read()).get('atelier_event_loop_delay_seconds{quantile="1"}')) > 0.1;
    });
  });

  it("refuses foreign pages", async () => {
    expect((await ask(server.port, "/metrics", { headers: { Origin: "https://evil.example" } })).status).toBe(403);
  });
});

describe("the HTTP app", () => {
  it("forwards /graphql, and reports an unknown address as JSON", async () => {
    expect((await ask(server.port, "/graphql")).json()).toEqual({ data: null });
    const answer = await ask(server.port, "/nothing", { method: "POST" });
    expect([answer.status, answer.json()]).toEqual([404, { code: "NOT_FOUND", message: expect.any(String), field: null, limit: null }]);
  });

  it("refuses a foreign page's upload before it is read", async () => {
    const answer = await ask(server.port, "/images", {
      method: "POST",
      headers: { Origin: "https://evil.example" },
      body: [Buffer.from("x")],
    });
    expect([answer.status, answer.json()]).toEqual([403, expect.objectContaining({ code: "FORBIDDEN", field: "Origin" })]);
  });

  it("counts live frames, and measures the delay of their results and how late frames come", async () => {
    const counts = new LiveCounts();
    counts.count("received");
    counts.translated(42);
    const lag = new TimeHistogram([25, 50]);
    for (const ms of [30, 45, 2000]) lag.add(ms);
    const api = { viewers: () => 0, droppedFrames: () => 0, lag, live: counts };
    const metrics = createMetrics({ storage: server.storage, api, host: null });
    const { port, close } = await listen(express().get("/metrics", metrics.send));
    const text = (await ask(port, "/metrics")).body.toString();
    await close();
    metrics.close();
    expect(text).toContain('atelier_live_frames_total{state="received"} 1\n');
    expect(text).toContain('atelier_live_frames_total{state="rejected"} 0\n');
    expect(text).toContain('atelier_live_frame_delay_seconds_bucket{le="0.033"} 0\n');
    expect(text).toContain('atelier_live_frame_delay_seconds_bucket{le="0.05"} 1\n');
    expect(text).toContain("atelier_live_frame_delay_seconds_sum 0.042\n");
    expect(text).toContain('atelier_frame_lag_seconds_bucket{le="0.05"} 2\n');
    expect(text).toContain("atelier_frame_lag_seconds_sum 2.075\n");
    expect(text).toContain("atelier_frame_lag_seconds_count 3\n");
    expect(text).not.toContain("atelier_redis_up");
  });

  it("hides the messages of its own faults from clients, and reports them", async () => {
    const faults: unknown[] = [];
    const fault = new Error("at /srv/secret/path");
    const { storage } = server;
    const metrics = createMetrics({ storage, api: null, host: null });
    const app = createHttpApp({
      storage: { ...storage, images: { ...storage.images, find: () => Promise.reject(fault) } },
      broker: server.broker,
      watchOutput: () => Promise.reject(fault),
      exporter: server.exporter,
      version: "1.2.3",
      access: server.access,
      guard: createGuard({}),
      trustedProxies: [],
      publicUrl: null,
      switches: { introspection: true, metrics: true },
      limits,
      ...{ allowances: server.allowances, places: new SocketPlaces(server.allowances), admission: server.admission },
      decoder: server.decoder,
      metrics,
      readiness: new Readiness({ unready: () => null, space: server.storage.space, report: (error) => faults.push(error) }),
      modelPicture: async () => null,
      schemaText: () => "",
      graphql: (_request, _response, next) => next(),
      studioFolder: "no-such-folder",
      report: (error) => faults.push(error),
      warn: () => undefined,
    });
    const { port, close } = await listen(app);
    const answer = await ask(port, "/images/abc");
    await close();
    metrics.close();
    expect([answer.status, answer.json()]).toEqual([500, { code: "INTERNAL", message: "The server failed.", field: null, limit: null }]);
    expect(faults).toEqual([fault]);
  });
});
