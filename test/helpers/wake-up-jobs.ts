import { Queue } from "bullmq";
import { Redis } from "ioredis";
import { othersChannel, wakeUpJobs } from "../../server/queue/wake-ups.js";
import type { RedisServer } from "./redis-server.js";
import { until } from "./until.js";

/** Resolves when no wake-up is on its way, also none that its receiver in this process is about to pass on. */
export async function noWakeUpsLeft(redisUrl: string): Promise<void> {
  const connection = new Redis(redisUrl, { maxRetriesPerRequest: null });
  const jobs = new Queue(wakeUpJobs.name, { connection, prefix: wakeUpJobs.prefix, skipVersionCheck: true });
  let times = 0;
  await until(async () => {
    const counts = Object.values(await jobs.getJobCounts("waiting", "prioritized", "delayed", "active"));
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
