import { type Job, Queue, Worker } from "bullmq";
import { Redis } from "ioredis";
import { othersChannel, wakeUpJobs } from "../../server/queue/wake-ups.js";
import type { RedisServer } from "./redis-server.js";
import { until } from "./until.js";

/**
 * Resolves when no wake-up is on its way, also none that its receiver in this process is about to pass on. What is due later
 * does not count.
 */
export async function noWakeUpsLeft(redisUrl: string): Promise<void> {
  const connection = new Redis(redisUrl, { maxRetriesPerRequest: null });
  const jobs = new Queue(wakeUpJobs.name, { connection, prefix: wakeUpJobs.prefix, skipVersionCheck: true });
  let times = 0;
  await until(async () => {
    const counts = Object.values(await jobs.getJobCounts("waiting", "prioritized", "active"));
    times = counts.every((count) => count === 0) ? times + 1 : 0;
    return times > 5;
  });
  await jobs.close();
  connection.disconnect();
}

/** Resolves when a number of processes would hear of a wake-up that is of no use to another one. */
export async function othersListen(redis: RedisServer, count: number): Promise<void> {
  await until(async () => {
    const [, listening] = (await redis.command("PUBSUB", "NUMSUB", othersChannel)) as [string, number];
    return listening === count;
  });
}

/** Takes jobs and abandons them, like a worker that crashes each time. BullMQ counts each of these jobs as stalled. */
export class DyingReceiver {
  private readonly connection: Redis;
  private readonly worker: Worker;

  constructor(redisUrl: string) {
    this.connection = new Redis(redisUrl, { maxRetriesPerRequest: null });
    const limits = { maxStalledCount: 1, lockDuration: 20, stalledInterval: 20 };
    this.worker = new Worker(wakeUpJobs.name, null, {
      connection: this.connection,
      prefix: wakeUpJobs.prefix,
      skipVersionCheck: true,
      ...limits,
    });
    void this.worker.startStalledCheckTimer();
  }

  /** The next wake-up; undefined while there is none. */
  take(): Promise<Job<unknown> | undefined> {
    return this.worker.getNextJob("dying", { block: false });
  }

  async close(): Promise<void> {
    await this.worker.close(true);
    this.connection.disconnect();
  }
}
