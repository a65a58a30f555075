import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openRemoteRecentFrames, type RemoteRecentFrames } from "../../server/storage/remote/recent-frames.js";
import { RECENT_FRAMES } from "../../server/storage/storage.js";
import { recentFramesContract } from "../contracts/recent-frames.js";
import { aFrame } from "../contracts/records.js";
import { hasRedis, RedisServer } from "../helpers/redis-server.js";
import { until } from "../helpers/until.js";

describe.skipIf(!hasRedis())("in Redis", () => {
  let redis: RedisServer;
  let frames: RemoteRecentFrames;
  let other: RemoteRecentFrames;
  const warnings: string[] = [];
  beforeAll(async () => {
    redis = await RedisServer.start();
    frames = openRemoteRecentFrames(redis.url, { warn: (message) => warnings.push(message) });
    other = openRemoteRecentFrames(redis.url, { warn: () => undefined });
    await keptAgain();
    warnings.length = 0;
  });
  afterAll(async () => {
    frames.close();
    other.close();
    await redis.close();
  });

  /** Waits until both servers have their connections. */
  async function keptAgain(): Promise<void> {
    const id = randomUUID();
    await until(async () => {
      await frames.put(aFrame(id, 0), Uint8Array.of(1));
      return (await other.latest(id)) !== null;
    });
  }

  recentFramesContract(() => frames);

  test("any server shows what another one keeps, with bytes and dates, for an hour and no larger than the ring", async () => {
    const id = randomUUID();
    const last = RECENT_FRAMES + 20;
    const all = Array.from({ length: last + 1 }, (_, step) => aFrame(id, step));
    for (const frame of all) await frames.put(frame, Uint8Array.of(frame.step, 0, 255));
    expect(await other.latest(id)).toEqual(all[last]);
    expect([...((await other.picture(id, last)) ?? [])]).toEqual([last, 0, 255]);
    const keys = (await redis.command("KEYS", `*${id}*`)) as string[];
    expect(keys).toHaveLength(2);
    for (const key of keys) {
      const size = key.endsWith("pictures") ? "HLEN" : "LLEN";
      expect([await redis.command(size, key), Number(await redis.command("TTL", key)) > 3500]).toEqual([RECENT_FRAMES, true]);
    }
    await other.clear(id);
    expect(await redis.command("KEYS", `*${id}*`)).toEqual([]);
  });

  test("a worker whose claim is over keeps nothing: not after the next one has, and not after the session ended", async () => {
    const id = randomUUID();
    const by = (fence: number, server = frames) => server.held({ sessionId: id, fence });
    const put = (fence: number, step: number) => by(fence).put(aFrame(id, step), Uint8Array.of(step));
    expect([await put(1, 1), await put(2, 2), await put(1, 3), await put(2, 4)]).toEqual([true, true, false, true]);
    expect((await other.list(id, { first: 10, after: null }, {})).rows.map(({ step }) => step)).toEqual([1, 2, 4]);
    // Neither ends what the other one shows.
    await by(1).clear(id);
    expect((await frames.latest(id))?.step).toBe(4);
    await by(3, other).clear(id);
    expect([await put(2, 5), await put(3, 6), await frames.latest(id)]).toEqual([false, false, null]);
    expect(await put(4, 7)).toBe(true);
    await by(6, other).fence(id);
    await by(5).fence(id);
    expect([await put(5, 8), await put(6, 7)]).toEqual([false, true]);
    expect([await frames.latest(id), Number(await redis.command("TTL", `atelier:recent:${id}:fence`)) > 3500]).toEqual([
      expect.objectContaining({ step: 7 }),
      true,
    ]);
  });

  test("while Redis is away or hangs, frames are dropped and none are found, and the operator reads it once", async () => {
    const id = randomUUID();
    await redis.stop();
    await frames.put(aFrame(id, 0), Uint8Array.of(1));
    expect([await frames.latest(id), await frames.find(id, 0), await frames.picture(id, 0)]).toEqual([null, null, null]);
    expect(await frames.latestOf([id, randomUUID()])).toEqual(new Map());
    expect(await frames.list(id, { first: 10, after: null }, {})).toEqual({ rows: [], hasNextPage: false });
    expect(await frames.count(id, {})).toBe(0);
    await frames.clear(id);
    expect(warnings).toHaveLength(1);
    await redis.start();
    await keptAgain();
    redis.hang(true);
    await frames.put(aFrame(id, 1), Uint8Array.of(1));
    expect(await frames.latestOf([id, randomUUID()])).toEqual(new Map());
    redis.hang(false);
    await keptAgain();
    await frames.put(aFrame(id, 2), Uint8Array.of(1));
    expect((await other.latest(id))?.step).toBe(2);
  });
});
