import { once } from "node:events";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import WebSocket from "ws";
import { CuttableProxy } from "../helpers/cuttable-proxy.js";
import { Fleet, type FleetServer } from "../helpers/fleet.js";
import { noPostgres, postgresPrograms } from "../helpers/postgres-server.js";
import { hasRedis } from "../helpers/redis-server.js";
import { noteSkipped } from "../helpers/skipped.js";
import { until } from "../helpers/until.js";

if (postgresPrograms === null) noteSkipped(noPostgres);

describe.skipIf(postgresPrograms === null || !hasRedis())("an API server that is a worker too", () => {
  let fleet: Fleet;
  let database: CuttableProxy;
  let server: FleetServer;
  beforeAll(async () => {
    fleet = await Fleet.start();
    database = await CuttableProxy.start(fleet.databaseUrl);
    server = await fleet.both({ DATABASE_URL: database.through(fleet.databaseUrl) });
  });
  afterAll(async () => {
    await fleet?.close();
    await database?.close();
  });

  async function ready() {
    const response = await fetch(`${server.client.address}/readyz`);
    return { status: response.status, ...(await response.json()) };
  }

  /** Whether its metrics say that Redis answers. */
  async function seesRedis(): Promise<string | undefined> {
    const text = await (await fetch(`${server.client.address}/metrics`)).text();
    return /^atelier_redis_up (\d)$/m.exec(text)?.[1];
  }

  it("is not ready without Redis, and again once that is back", async () => {
    await until(async () => (await ready()).status === "ready");
    await fleet.redis.stop();
    await until(async () => /^Redis cannot be reached/.test((await ready()).message));
    expect(await seesRedis()).toBe("0");
    await fleet.redis.start();
    await until(async () => (await ready()).status === "ready");
    expect(await seesRedis()).toBe("1");
    expect(server.process.output).toMatch(/WARN +This server is not ready: Redis cannot be reached/);
  });

  it("tells its clients of its end while PostgreSQL says nothing", async () => {
    const socket = new WebSocket(`${server.client.address.replace("http", "ws")}/graphql`, "graphql-transport-ws");
    await once(socket, "open");
    socket.send(JSON.stringify({ type: "connection_init" }));
    await once(socket, "message");
    const closed = once(socket, "close");
    database.cut();
    const ended = server.process.end("SIGTERM");
    expect((await closed)[0]).toBe(1001);
    await ended;
  });
});
