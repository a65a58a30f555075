import { once } from "node:events";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import WebSocket from "ws";
import { CuttableProxy } from "../helpers/cuttable-proxy.js";
import { Fleet } from "../helpers/fleet.js";
import { noPostgres, postgresPrograms } from "../helpers/postgres-server.js";
import { hasRedis } from "../helpers/redis-server.js";
import { noteSkipped } from "../helpers/skipped.js";
import { until } from "../helpers/until.js";

if (postgresPrograms === null) noteSkipped(noPostgres);

describe.skipIf(postgresPrograms === null || !hasRedis())("an API server that is a worker too", () => {
  let fleet: Fleet;
  beforeAll(async () => {
    fleet = await Fleet.start();
  });
  afterAll(() => fleet.close());

  it("is not ready without Redis, and again once that is back", async () => {
    const { client, process } = await fleet.both();
    onTestFinished(async () => void (await process.end("SIGKILL")));
    const ready = async () => {
      const response = await fetch(`${client.address}/readyz`);
      return { status: response.status, ...(await response.json()) };
    };
    await until(async () => (await ready()).status === "ready");
    await fleet.redis.stop();
    await until(async () => /^Redis cannot be reached/.test((await ready()).message));
    await fleet.redis.start();
    await until(async () => (await ready()).status === "ready");
    expect(process.output).toMatch(/WARN +This server is not ready: Redis cannot be reached/);
  });

  it("tells its clients of its end while PostgreSQL says nothing", async () => {
    const proxy = await CuttableProxy.start(fleet.databaseUrl);
    onTestFinished(() => proxy.close());
    const { client, process } = await fleet.both({ DATABASE_URL: proxy.through(fleet.databaseUrl) });
    await until(async () => (await fetch(`${client.address}/readyz`)).ok);
    const socket = new WebSocket(`${client.address.replace("http", "ws")}/graphql`, "graphql-transport-ws");
    await once(socket, "open");
    socket.send(JSON.stringify({ type: "connection_init" }));
    await once(socket, "message");
    const closed = once(socket, "close");
    proxy.cut();
    const ended = process.end("SIGTERM");
    expect((await closed)[0]).toBe(1001);
    await ended;
  });
});
