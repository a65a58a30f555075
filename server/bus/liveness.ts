import { once } from "node:events";
import type { Redis } from "ioredis";

/**
 * Ends a connection on which nothing comes from Redis for `silenceMs` although an answer is due, so that it is made anew: one
 * that was lost without a word, such as by a router, shows in no other way. Returns the function that ends this.
 */
export function watchLiveness(redis: Redis, silenceMs: number): () => void {
  function expect(answer: Promise<unknown>): void {
    let timer: NodeJS.Timeout;
    let isOver = false;
    let received = -1;
    const wait = () => {
      received = redis.stream.bytesRead;
      // What came while this process was busy is read between the two.
      timer = setTimeout(() => setImmediate(check), silenceMs);
    };
    const check = () => {
      if (isOver) return;
      // Messages that come before the answer are a sign of life.
      if (redis.stream.bytesRead > received) wait();
      else redis.disconnect(true);
    };
    const end = () => {
      isOver = true;
      clearTimeout(timer);
    };
    wait();
    // A connection that was closed answers nothing more, and is made anew anyway.
    answer.then(end, end);
  }

  redis.on("connect", () => expect(Promise.race([once(redis, "ready"), once(redis, "close")])));
  const heartbeat = setInterval(() => {
    if (redis.status === "ready") expect(redis.ping());
  }, silenceMs / 2);
  heartbeat.unref();
  return () => clearInterval(heartbeat);
}
