import { Packr } from "msgpackr";
import type { Claim } from "../../records/claim.js";
import type { FrameRecord } from "../../records/pictures.js";
import { openRedis } from "../../redis/connection.js";
import { RECENT_FRAMES, type RecentFrameStore, type StepRange } from "../storage.js";

/** How long Redis keeps the frames of a session after the last one, s: that of a server that was killed is never cleared. */
const KEPT_S = 3600;

/** Frames of live translations that any server can show. */
export interface SharedRecentFrames extends RecentFrameStore {
  /** The same frames, as the holder of a session writes them, as `Storage.held` says. */
  held(claim: Claim): RecentFrameStore;
}

export interface RemoteRecentFrames extends SharedRecentFrames {
  close(): void;
}

export interface RemoteRecentFramesOptions {
  /** Receives that frames are not kept or found, and that they are again, once for each time that Redis is away. */
  warn(message: string): void;
}

/**
 * The scripts get the keys of a session's records, pictures and fence, and a fence, or nothing without a claim. The fence of a
 * session is that of the newest claim that has written; where it is higher, they do nothing and return nil.
 */
const FENCED = `
  local fence = tonumber(ARGV[1])
  if fence and fence < tonumber(redis.call("GET", KEYS[3]) or 0) then return false end
  local function keep(least) if fence then redis.call("SET", KEYS[3], least, "EX", ${KEPT_S}) end end`;

const FENCE = `${FENCED}
  keep(fence)
  return ""`;

/** With the record, the step and the picture of a frame; returns the record that falls out of the ring, or nothing. */
const PUT = `${FENCED}
  keep(fence)
  local oldest = redis.call("LINDEX", KEYS[1], ${RECENT_FRAMES - 1})
  redis.call("LPUSH", KEYS[1], ARGV[2])
  redis.call("LTRIM", KEYS[1], 0, ${RECENT_FRAMES - 1})
  redis.call("HSET", KEYS[2], ARGV[3], ARGV[4])
  redis.call("EXPIRE", KEYS[1], ${KEPT_S})
  redis.call("EXPIRE", KEYS[2], ${KEPT_S})
  return oldest or ""`;

/** What is put late under the same claim is refused. */
const CLEAR = `${FENCED}
  keep((fence or 0) + 1)
  redis.call("UNLINK", KEYS[1], KEYS[2])
  return ""`;

const packr = new Packr({ useRecords: false, copyBuffers: true });

/**
 * Ring buffers of frames in Redis. While it is away, frames are dropped and none are found: a live translation goes on, and
 * its newest picture is stored elsewhere every few seconds.
 *
 * Each session has a list of its frames' records, the newest first, a hash of their pictures by step, and a fence.
 */
export function openRemoteRecentFrames(redisUrl: string, { warn }: RemoteRecentFramesOptions): RemoteRecentFrames {
  const { redis, ask, close } = openRedis(redisUrl, {
    warn,
    meanwhile: "recent frames of live translations are not shown meanwhile",
    again: "recent frames of live translations are shown",
  });

  const records = (sessionId: string) => `atelier:recent:${sessionId}:records`;
  const pictures = (sessionId: string) => `atelier:recent:${sessionId}:pictures`;
  const fence = (sessionId: string) => `atelier:recent:${sessionId}:fence`;

  /** In one round trip, which does not grow with the list of a gallery. */
  async function latestOf(sessionIds: readonly string[]): Promise<Map<string, FrameRecord>> {
    const asking = redis.pipeline();
    for (const id of sessionIds) asking.lindexBuffer(records(id), 0);
    const answers = await ask(async () => valuesOf(await asking.exec()), []);
    const newest = answers.flatMap((bytes) => (bytes instanceof Buffer ? [packr.unpack(bytes) as FrameRecord] : []));
    return new Map(newest.map((frame) => [frame.sessionId, frame]));
  }

  /** Oldest first. */
  async function ring(sessionId: string): Promise<FrameRecord[]> {
    const packed = await ask(() => redis.lrangeBuffer(records(sessionId), 0, RECENT_FRAMES - 1), []);
    return packed.map((bytes) => packr.unpack(bytes) as FrameRecord).reverse();
  }

  async function within(sessionId: string, { fromStep = 0, toStep = Number.POSITIVE_INFINITY }: StepRange): Promise<FrameRecord[]> {
    return (await ring(sessionId)).filter(({ step }) => step >= fromStep && step <= toStep);
  }

  /** In one turn of Redis and one round trip. */
  const run = (script: string, sessionId: string, ...values: (string | number | Buffer)[]) =>
    redis.callBuffer("EVAL", script, 3, records(sessionId), pictures(sessionId), fence(sessionId), ...values);

  const store = (claim: Claim | null): RecentFrameStore => ({
    async put(frame, picture) {
      const { sessionId, step } = frame;
      const bytes = Buffer.from(picture.buffer, picture.byteOffset, picture.byteLength);
      const written = () => run(PUT, sessionId, claim?.fence ?? "", packr.pack(frame), step, bytes);
      // While Redis is away, it is not known whether the claim is over.
      const dropped = await ask(written, Buffer.of());
      if (dropped === null) return false;
      if (dropped instanceof Buffer && dropped.length > 0) {
        const { step: oldest } = packr.unpack(dropped) as FrameRecord;
        await ask(() => redis.hdel(pictures(sessionId), String(oldest)), 0);
      }
      return true;
    },

    find: async (sessionId, step) => (await ring(sessionId)).find((frame) => frame.step === step) ?? null,

    latest: async (sessionId) => (await latestOf([sessionId])).get(sessionId) ?? null,

    latestOf,

    async list(sessionId, { first, after }, range) {
      const rest = (await within(sessionId, range)).filter(({ step }) => step > (after ?? -1));
      return { rows: rest.slice(0, first), hasNextPage: rest.length > first };
    },

    count: async (sessionId, range) => (await within(sessionId, range)).length,

    picture: (sessionId, step) => ask(() => redis.hgetBuffer(pictures(sessionId), String(step)), null),

    async fence(sessionId) {
      await ask(() => run(FENCE, sessionId, claim?.fence ?? ""), null);
    },

    async clear(sessionId) {
      await ask(() => run(CLEAR, sessionId, claim?.fence ?? ""), null);
    },
  });

  return { ...store(null), held: store, close };
}

/** The values of a pipeline's commands. @throws the error of the first one that failed. */
function valuesOf(answers: [error: Error | null, value: unknown][] | null): unknown[] {
  return (answers ?? []).map(([error, value]) => {
    if (error) throw error;
    return value;
  });
}
