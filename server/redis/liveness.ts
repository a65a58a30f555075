import type { Redis } from "ioredis";

export interface LivenessOptions {
  /** A connection on which nothing comes for so long although an answer is due is closed, ms. */
  silenceMs: number;
  /** Whether answers are asked for once the connection is ready; not where a command may block the connection. */
  pings: boolean;
  /** Called when Redis has answered such a ping. */
  answered(): void;
}

/**
 * Closes a connection, with an error, on which Redis does not answer, so that it is made anew: one that was lost without a
 * word, such as by a router, or whose Redis hangs, shows in no other way. This takes at most twice `silenceMs`.
 */
export function watchLiveness(redis: Redis, { silenceMs, pings, answered }: LivenessOptions): void {
  redis.on("connect", () => {
    const { stream } = redis;
    const watch = () => {
      const received = stream.bytesRead;
      // Until it is ready, the connection waits for its first answers from Redis.
      if (redis.status === "ready") {
        if (!pings) return;
        // A ping that fails says nothing: whether anything came is what counts.
        redis.ping().then(answered, () => undefined);
      }
      // What came while this process was busy is read between the two.
      setTimeout(() => setImmediate(check, received), silenceMs).unref();
    };
    const check = (received: number) => {
      if (stream.destroyed) return;
      // Messages that come before the answer are a sign of life.
      if (stream.bytesRead > received) watch();
      else stream.destroy(new Error(`it did not answer for ${silenceMs / 1000} s`));
    };
    watch();
  });
}
