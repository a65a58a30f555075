import { Packr } from "msgpackr";
import type { FrameRecord } from "../../records/pictures.js";
import { openRedis } from "../../redis/connection.js";
import { RECENT_FRAMES, type RecentFrameStore, type StepRange } from "../storage.js";

/** How long Redis keeps the frames of a session after the last one, s: that of a server that was killed is never cleared. */
const KEPT_S = 3600;

/** Frames of live translations that any server can show. */
export interface RemoteRecentFrames extends RecentFrameStore {
  close(): void;
}

export interface RemoteRecentFramesOptions {
  /** Receives that frames are not kept or found, and that they are again, once for each time that Redis is away. */
  warn(message: string): void;
}

const packr = new Packr({ useRecords: false, copyBuffers: true });

/**
 * Ring buffers of frames in Redis. While it is away, frames are dropped and none are found: a live translation goes on, and
 * its newest picture is stored elsewhere every few seconds.
 *
 * Each session has a list of its frames' records, the newest first, and a hash of their pictures by step.
 */
export function openRemoteRecentFrames(redisUrl: string, { warn }: RemoteRecentFramesOptions): RemoteRecentFrames {
  const { redis, ask, close } = openRedis(redisUrl, {
    warn,
    meanwhile: "recent frames of live translations are not shown meanwhile",
    again: "recent frames of live translations are shown",
  });

  const records = (sessionId: string) => `atelier:recent:${sessionId}:records`;
  const pictures = (sessionId: string) => `atelier:recent:${sessionId}:pictures`;

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

  return {
    async put(frame, picture) {
      const { sessionId, step } = frame;
      // All in one turn of Redis and one round trip; what falls out of the ring is known before.
      const writing = redis
        .multi()
        .lindexBuffer(records(sessionId), RECENT_FRAMES - 1)
        .lpush(records(sessionId), packr.pack(frame))
        .ltrim(records(sessionId), 0, RECENT_FRAMES - 1)
        .hset(pictures(sessionId), step, Buffer.from(picture.buffer, picture.byteOffset, picture.byteLength))
        .expire(records(sessionId), KEPT_S)
        .expire(pictures(sessionId), KEPT_S)
        .exec();
      const results = await ask(() => writing, null);
      const oldest = results?.[0]?.[1];
      if (oldest instanceof Buffer) {
        const dropped = packr.unpack(oldest) as FrameRecord;
        await ask(() => redis.hdel(pictures(sessionId), String(dropped.step)), 0);
      }
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

    async clear(sessionId) {
      await ask(() => redis.unlink(records(sessionId), pictures(sessionId)), 0);
    },

    close,
  };
}

/** The values of a pipeline's commands. @throws the error of the first one that failed. */
function valuesOf(answers: [error: Error | null, value: unknown][] | null): unknown[] {
  return (answers ?? []).map(([error, value]) => {
    if (error) throw error;
    return value;
  });
}
