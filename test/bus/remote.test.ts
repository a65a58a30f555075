import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import type { Bus, SessionControl } from "../../server/bus/bus.js";
import { openRemoteBus, type RemoteBus, type RemoteBusOptions } from "../../server/bus/remote.js";
import { busContract } from "../contracts/bus.js";
import { hasRedis, RedisServer } from "../helpers/redis-server.js";
import { until } from "../helpers/until.js";

/** A message that differs from others of its topic by its name. */
const steer = (traceparent: string): SessionControl => ({ type: "steer", traceparent });
const quiet: RemoteBusOptions = { onListenerError: () => undefined, warn: () => undefined };

describe.skipIf(!hasRedis())("with a real Redis", () => {
  let redis: RedisServer;
  beforeAll(async () => {
    redis = await RedisServer.start();
  });
  afterAll(() => redis.close());

  busContract("The bus over Redis", () => openRemoteBus(redis.url, quiet));

  async function opened(options: Partial<RemoteBusOptions> = {}): Promise<RemoteBus> {
    const bus = await openRemoteBus(redis.url, { ...quiet, ...options });
    onTestFinished(() => bus.close());
    return bus;
  }

  /** Everything that a subscriber of `control:s` hears: names of messages, and "gap". */
  async function heardBy(bus: Bus): Promise<string[]> {
    const heard: string[] = [];
    await bus.subscribe(
      "control:s",
      ({ traceparent }) => heard.push(traceparent ?? ""),
      () => heard.push("gap"),
    );
    return heard;
  }

  /** Publishes until a subscriber hears it: neither end tells when both connections are back. */
  async function reaches(bus: Bus, heard: string[], id: string): Promise<void> {
    await until(async () => {
      await bus.publish("control:s", steer(id));
      return heard.includes(id);
    });
  }

  /** What was heard, without what was lost for sure or came twice: a connection may be lost more than once. */
  const inShort = (heard: string[]) => heard.filter((what, index) => what !== "lost" && what !== heard[index - 1]);

  async function dropConnections(type: "normal" | "pubsub"): Promise<void> {
    await redis.command("CLIENT", "KILL", "TYPE", type, "SKIPME", "yes");
  }

  test("carries messages between processes in order, with dates and bytes", async () => {
    const [here, there] = [await opened(), await opened()];
    const heard = await heardBy(there);
    const ids = Array.from({ length: 500 }, (_, index) => `s${index}`);
    await Promise.all(ids.map((id) => here.publish("control:s", steer(id))));
    await until(() => heard.length >= ids.length);
    expect(heard).toEqual(ids);
    const events: unknown[] = [];
    await there.subscribe("session:a", (event) => events.push(event));
    const frame = { sessionId: "a", step: 3, digest: "d", width: 1, height: 1, mimeType: "image/png", byteLength: 3 };
    const record = { ...frame, losses: null, computeMs: 0.25, createdAt: new Date("2026-01-02T03:04:05.678Z") };
    await here.publish("session:a", { type: "frame", frame: record, picture: Uint8Array.of(0, 128, 255) });
    await until(() => events.length === 1);
    expect(events).toEqual([{ type: "frame", frame: record, picture: Buffer.of(0, 128, 255) }]);
  });

  test("subscribes at Redis while it has listeners, and no longer", async () => {
    const bus = await opened();
    const subscribed = async () => (await redis.command("PUBSUB", "NUMSUB", "atelier:session:watched")) as [string, number];
    const ends = await Promise.all([1, 2].map(() => bus.subscribe("session:watched", () => undefined)));
    expect(await subscribed()).toEqual(["atelier:session:watched", 1]);
    await ends[0]?.();
    expect(await subscribed()).toEqual(["atelier:session:watched", 1]);
    await ends[1]?.();
    expect(await subscribed()).toEqual(["atelier:session:watched", 0]);
  });

  test("ignores what a newer server sends, and goes on", async () => {
    const bus = await opened({ onListenerError: (error) => expect(error).toBeNull() });
    const heard = await heardBy(bus);
    const events: string[] = [];
    await bus.subscribe("session:a", ({ type }) => events.push(type));
    // A type that this server does not know, and one whose fields have changed.
    await bus.publish("session:a", { type: "sparkle", sessionId: "a" } as never);
    await bus.publish("session:a", { type: "frame", tiles: [] } as never);
    for (const bytes of ["", "text", Buffer.of(0xc1), Buffer.of(0x94, 0x02, 0xa1, 0x61, 0x01, 0xc0)]) {
      await redis.command("PUBLISH", "atelier:control:s", bytes);
    }
    await bus.publish("control:s", steer("known"));
    await bus.publish("session:a", { type: "deleted", sessionId: "a", ownerId: "o", visibility: "PRIVATE", approval: null });
    expect(heard).toEqual(["known"]);
    expect(events).toEqual(["deleted"]);
  });

  test("tells subscribers of a gap after Redis was restarted, before the next message", async () => {
    const warnings: string[] = [];
    const [here, there] = [await opened({ warn: (message) => warnings.push(message) }), await opened()];
    const [heardHere, heardThere] = [await heardBy(here), await heardBy(there)];
    await here.publish("control:s", steer("before"));
    await until(() => heardThere.includes("before"));
    await redis.stop();
    await here.publish("control:s", steer("lost"));
    await redis.start();
    await reaches(here, heardThere, "after");
    await reaches(here, heardHere, "after");
    for (const heard of [heardHere, heardThere]) {
      expect(heard.slice(0, 2)).toEqual(["before", "gap"]);
      expect(heard).not.toContain("lost");
    }
    await until(() => warnings.length >= 2);
    expect(warnings[0]).toMatch(/cannot be reached/);
    expect(warnings[1]).toMatch(/^Redis is back; /);
  });

  test("delivers who may see what to its own subscribers while Redis is away, and once", async () => {
    const [here, there] = [await opened({ silenceMs: 60_000 }), await opened()];
    const [heardHere, heardThere]: [string[], string[]] = [[], []];
    for (const [bus, heard] of [
      [here, heardHere],
      [there, heardThere],
    ] as const) {
      await bus.subscribe("access", (event) => heard.push(event.type === "revoked" ? event.linkId : event.type));
    }
    const revoke = (linkId: string) => here.publish("access", { type: "revoked", linkId });
    await revoke("before");
    await until(() => heardThere.length === 1);
    // A Redis that hangs does not delay it, either.
    redis.hang(true);
    onTestFinished(() => redis.hang(false));
    const revoking = revoke("hanging");
    expect(heardHere).toEqual(["before", "hanging"]);
    expect(here.unreachable()).toBeNull();
    redis.hang(false);
    await revoking;
    await until(() => heardThere.includes("hanging"));
    await redis.stop();
    await revoke("away");
    expect(heardHere).toEqual(["before", "hanging", "away"]);
    expect(here.unreachable()).toMatch(/cannot be reached/);
    await redis.start();
    await until(async () => {
      await revoke("after");
      return heardThere.includes("after");
    });
    await until(() => here.unreachable() === null);
    await revoke("last");
    await until(() => heardThere.includes("last"));
    expect(heardHere.filter((id) => id !== "after")).toEqual(["before", "hanging", "away", "last"]);
    expect(heardThere).not.toContain("away");
  });

  test("delivers changes of sessions in the order of Redis, and to its own subscribers alone while it is away", async () => {
    const [here, there] = [await opened(), await opened()];
    const heard: string[] = [];
    await here.subscribe("sessions", (event) => heard.push(event.type === "deleted" ? event.sessionId : event.type));
    const gone = (sessionId: string) => ({ type: "deleted", sessionId, ownerId: "ann", visibility: "PRIVATE", approval: null }) as const;
    const other: string[] = [];
    await there.subscribe("sessions", (event) => other.push(event.type === "deleted" ? event.sessionId : event.type));
    for (let round = 0; round < 20; round++) {
      await Promise.all([there.publish("sessions", gone("first")), here.publish("sessions", gone("second"))]);
    }
    await until(() => other.length === 40 && heard.length === 40);
    expect(heard).toEqual(other);
    await redis.stop();
    heard.length = 0;
    await here.publish("sessions", gone("away"));
    expect(heard).toEqual(["away"]);
    await redis.start();
  });

  test("tells subscribers of a gap after their own connection was cut", async () => {
    const bus = await opened();
    const heard = await heardBy(bus);
    await dropConnections("pubsub");
    await until(() => heard.includes("gap"));
    await reaches(bus, heard, "after");
    expect(inShort(heard).slice(0, 2)).toEqual(["gap", "after"]);
  });

  test("tells subscribers elsewhere of a gap after the connection that publishes was cut", async () => {
    const [here, there] = [await opened(), await opened()];
    const heard = await heardBy(there);
    let published = 0;
    // Of the messages that are on their way when the connection is cut, some are lost.
    await until(async () => {
      const publishing = Array.from({ length: 50 }, () => here.publish("control:s", steer(`m${published++}`)));
      await Promise.all([dropConnections("normal"), ...publishing]);
      return heard.includes("gap");
    });
    await reaches(here, heard, "after");
    const last = heard.lastIndexOf("gap");
    expect(heard.slice(last + 1).at(-1)).toBe("after");
  });

  test("a subscriber that is too slow for Redis recovers in the same way", async () => {
    const [here, there] = [await opened(), await opened()];
    const heard = await heardBy(there);
    const limit = (bytes: number) => redis.command("CONFIG", "SET", "client-output-buffer-limit", `pubsub ${bytes} 0 0`);
    await limit(100_000);
    onTestFinished(() => limit(0).then(() => undefined));
    await here.publish("control:s", { ...steer("large"), text: "x".repeat(2_000_000) } as SessionControl);
    await until(() => heard.includes("gap"));
    await reaches(here, heard, "after");
    expect(inShort(heard).slice(0, 2)).toEqual(["gap", "after"]);
  });

  test("subscribes while Redis is away, and hears of the gap when it is back", async () => {
    const bus = await opened();
    await redis.stop();
    const heard = await heardBy(bus);
    const end = await bus.subscribe("sessions", () => heard.push("ended"));
    await end();
    await redis.start();
    await reaches(bus, heard, "after");
    expect(inShort(heard).slice(0, 2)).toEqual(["gap", "after"]);
  });

  test("gives up a connection on which Redis does not answer", async () => {
    const bus = await opened({ silenceMs: 200 });
    const heard = await heardBy(bus);
    redis.hang(true);
    onTestFinished(() => redis.hang(false));
    await bus.publish("control:s", steer("lost"));
    redis.hang(false);
    await reaches(bus, heard, "after");
    expect(inShort(heard).slice(0, 2)).toEqual(["gap", "after"]);
  });

  test("says that Redis cannot be reached while it hangs, and no longer when it goes on", async () => {
    const warnings: string[] = [];
    const bus = await opened({ silenceMs: 200, warn: (message) => warnings.push(message) });
    const heard = await heardBy(bus);
    await until(() => bus.unreachable() === null);
    redis.hang(true);
    onTestFinished(() => redis.hang(false));
    await until(() => bus.unreachable() !== null);
    expect(bus.unreachable()).toMatch(/^Redis cannot be reached \(.+\)\.$/);
    // What cannot be delivered keeps nobody waiting.
    await bus.publish("control:s", steer("lost"));
    await (await bus.subscribe("sessions", () => undefined))();
    redis.hang(false);
    await until(() => bus.unreachable() === null);
    await reaches(bus, heard, "after");
    expect(warnings.slice(0, 2)).toEqual([expect.stringMatching(/cannot be reached/), expect.stringMatching(/^Redis is back; /)]);
  });

  describe("after a message that Redis did not take", () => {
    const permit = (isPermitted: boolean) => redis.command("ACL", "SETUSER", "default", `${isPermitted ? "+" : "-"}publish`);

    async function refused(bus: RemoteBus): Promise<void> {
      await permit(false);
      onTestFinished(() => permit(true).then(() => undefined));
      await bus.publish("control:s", steer("lost"));
      expect(bus.unreachable()).toMatch(/NOPERM/);
      await permit(true);
    }

    test("Redis counts as reachable once it takes one", async () => {
      // Pings come too late to tell.
      const bus = await opened({ silenceMs: 1_000_000 });
      await refused(bus);
      await bus.publish("control:s", steer("taken"));
      expect(bus.unreachable()).toBeNull();
    });

    test("Redis counts as reachable once it answers a ping", async () => {
      const bus = await opened({ silenceMs: 2000 });
      await refused(bus);
      await until(() => bus.unreachable() === null);
    });
  });

  test("waits for Redis at the start", async () => {
    await redis.stop();
    const opening = opened();
    await redis.start();
    const bus = await opening;
    const heard = await heardBy(bus);
    await bus.publish("control:s", steer("a"));
    expect(heard).toEqual(["a"]);
  });
});

test("without a Redis the start fails, with its address and without its password", async () => {
  const failure = openRemoteBus("redis://:secret@127.0.0.1:9", { ...quiet, startMs: 100 });
  await expect(failure).rejects.toMatchObject({ code: "UNAVAILABLE", message: "Redis at 127.0.0.1:9 cannot be reached." });
});
