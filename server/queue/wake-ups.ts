import { Queue as Jobs, Worker } from "bullmq";
import { Redis } from "ioredis";

const NAME = "wake-ups";
/** Where the jobs are; the prefix keeps the keys of a queue in one slot of a Redis cluster. */
export const wakeUpJobs = { name: NAME, prefix: "{atelier}" } as const;
/** Wait before a wake-up that found nobody free is delivered again, ms. */
const AGAIN_MS = 100;

/** Tells the processes that share a queue that there may be something to claim. */
export interface WakeUps {
  /** Wakes one process that listens. A wake-up may be lost: listeners also look by themselves now and then. */
  send(): void;
  /** Begins to deliver wake-ups; `wake` says whether anybody here could use it, otherwise another process gets it. */
  listen(wake: () => boolean): void;
  close(): Promise<void>;
}

/** Wake-ups as jobs of BullMQ. `failed` receives what went wrong with Redis. */
export function openWakeUps(redisUrl: string, failed: (error: unknown) => void): WakeUps {
  // What cannot be sent at once is not kept: there is no use in waking someone late.
  const producer = new Redis(redisUrl, { enableOfflineQueue: false, maxRetriesPerRequest: 1 });
  producer.on("error", failed);
  const jobs = new Jobs(NAME, { connection: producer, prefix: wakeUpJobs.prefix, skipVersionCheck: true });
  jobs.on("error", failed);
  let worker: Worker | null = null;
  let listener: Redis | null = null;

  function send(delay = 0): void {
    // One that waits stands for all: whoever claims a session wakes the next.
    const options = { delay, removeOnComplete: true, removeOnFail: true, deduplication: { id: NAME } };
    jobs.add(NAME, {}, options).catch(failed);
  }

  return {
    send: () => send(),

    listen(wake) {
      if (worker) return;
      const connection = new Redis(redisUrl, { maxRetriesPerRequest: null });
      listener = connection.on("error", failed);
      // A job that stalls is a wake-up that was lost; it says nothing about a session.
      worker = new Worker(NAME, async () => wake(), { connection, prefix: wakeUpJobs.prefix, skipVersionCheck: true, maxStalledCount: 1 });
      worker.on("error", failed);
      worker.on("completed", (_job, isUsed: boolean) => {
        if (!isUsed) send(AGAIN_MS);
      });
    },

    async close() {
      await worker?.close(true).catch(failed);
      await jobs.close().catch(failed);
      producer.disconnect();
      listener?.disconnect();
    },
  };
}
