import { Queue as Jobs, Worker } from "bullmq";
import type { Redis } from "ioredis";
import { messageOf } from "../errors.js";
import { connectRedis, Outage } from "../redis/connection.js";

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

export interface WakeUpsOptions {
  /** Receives why wake-ups are lost, once for each time that Redis is away. */
  warn(message: string): void;
}

/** Wake-ups as jobs of BullMQ. */
export function openWakeUps(redisUrl: string, { warn }: WakeUpsOptions): WakeUps {
  // What cannot be sent at once is not kept: there is no use in waking someone late.
  const producer = connectRedis(redisUrl);
  const outage = new Outage((reason) => warn(`Redis cannot be reached (${reason}); sessions that wait begin a little later meanwhile.`));
  producer.on("error", failed);
  producer.on("ready", () => outage.end());
  const jobs = new Jobs(NAME, { connection: producer, prefix: wakeUpJobs.prefix, skipVersionCheck: true });
  jobs.on("error", failed);
  let worker: Worker | null = null;
  let listener: Redis | null = null;

  function failed(error: unknown): void {
    if (producer.status === "ready") warn(`A wake-up of the queue was lost: ${messageOf(error)}`);
    else outage.notice(error);
  }

  function send(delay = 0): void {
    // One that waits stands for all: whoever claims a session wakes the next. One that is being delivered does not stand for
    // those after it, whose sessions its receiver may not have seen; nor does a delayed one for one that is to come at once.
    const deduplication = { id: delay > 0 ? "again" : "at-once", keepLastIfActive: true };
    jobs.add(NAME, {}, { delay, removeOnComplete: true, removeOnFail: true, deduplication }).catch(failed);
  }

  return {
    send: () => send(),

    listen(wake) {
      if (worker) return;
      // BullMQ waits for a connection, however long.
      const connection = connectRedis(redisUrl, {
        enableOfflineQueue: true,
        autoResendUnfulfilledCommands: true,
        maxRetriesPerRequest: null,
      });
      listener = connection.on("error", failed);
      // A job that stalls is a wake-up that was lost; it says nothing about a session.
      worker = new Worker(NAME, async () => wake(), { connection, prefix: wakeUpJobs.prefix, maxStalledCount: 1 });
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
