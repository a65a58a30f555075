import { once } from "node:events";
import type { Redis } from "ioredis";

/**
 * Ends a connection on which Redis does not answer for `silenceMs`, so that it is made anew: one that was lost without a
 * word, such as by a router, shows in no other way. Returns the function that ends this.
 */
export function watchLiveness(redis: Redis, silenceMs: number): () => void {
  function expect(answer: Promise<unknown>): void {
    const timer = setTimeout(() => redis.disconnect(true), silenceMs);
    const clear = () => clearTimeout(timer);
    // A connection that was closed answers nothing more, and is made anew anyway.
    answer.then(clear, clear);
  }

  redis.on("connect", () => expect(Promise.race([once(redis, "ready"), once(redis, "close")])));
  const heartbeat = setInterval(() => {
    if (redis.status === "ready") expect(redis.ping());
  }, silenceMs / 2);
  heartbeat.unref();
  return () => clearInterval(heartbeat);
}
