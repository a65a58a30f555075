import { Queue as Jobs, Worker } from "bullmq";
import type { Redis } from "ioredis";
import { messageOf } from "../errors.js";
import { connectRedis, Outage } from "../redis/connection.js";

const NAME = "wake-ups";
/** Where the jobs are; the prefix keeps the keys of a queue in one slot of a Redis cluster. */
export const wakeUpJobs = { name: NAME, prefix: "{atelier}" } as const;
/** Wait before a wake-up that found nobody free is delivered again, ms. */
const AGAIN_MS = 100;
/** How long Redis is asked to wait for a job, s. Where it does not answer a second later, the connection is made anew. */
const WAIT_S = 2;

/** Tells the processes that share a queue that there may be something to claim. */
export interface WakeUps {
  /** Wakes one process that listens. A wake-up may be lost: listeners also look by themselves now and then. */
  send(): void;
  /** Begins to deliver wake-ups; `wake` says whether anybody here could use it, otherwise another process gets it. */
  listen(wake: () => boolean): void;
  close(): Promise<void>;
}

export interface WakeUpsOptions {
  /** Receives why wake-ups are lost: of each connection, once that Redis is away and once that it is back. */
  warn(message: string): void;
}

/** Wake-ups as jobs of BullMQ. */
export function openWakeUps(redisUrl: string, { warn }: WakeUpsOptions): WakeUps {
  // What cannot be sent at once is not kept: there is no use in waking someone late.
  const sending = new Outage({
    warn,
    meanwhile: "no process is woken from here, and sessions that wait begin a little later meanwhile",
    again: "processes are woken from here at once",
  });
  const producer = connectRedis(redisUrl, sending);
  const jobs = new Jobs(NAME, { connection: producer, prefix: wakeUpJobs.prefix, skipVersionCheck: true });
  jobs.on("error", notSent);
  let worker: Worker | null = null;
  let listener: Redis | null = null;
  let isClosed = false;

  function notSent(error: unknown): void {
    // BullMQ reports the errors of the connection once more.
    if (isClosed || sending.reason !== null) return;
    // A connection that Redis has ended is ready for a moment longer.
    if (producer.status === "ready" && producer.stream.writable) warn(`A wake-up of the queue was lost: ${messageOf(error)}`);
    else sending.lost(error);
  }

  function send(delay = 0): void {
    // One that waits stands for all: whoever claims a session wakes the next. One that is being delivered does not stand for
    // those after it, whose sessions its receiver may not have seen; nor does a delayed one for one that is to come at once.
    const deduplication = { id: delay > 0 ? "again" : "at-once", keepLastIfActive: true };
    jobs.add(NAME, {}, { delay, removeOnComplete: true, removeOnFail: true, deduplication }).catch(notSent);
  }

  return {
    send: () => send(),

    listen(wake) {
      if (worker) return;
      const receiving = new Outage({
        warn,
        meanwhile: "this process is not woken, and sessions that wait begin a little later meanwhile",
        again: "this process is woken at once",
      });
      // BullMQ waits for a connection, however long.
      const options = { enableOfflineQueue: true, autoResendUnfulfilledCommands: true, maxRetriesPerRequest: null };
      const connection = connectRedis(redisUrl, receiving, options);
      listener = connection;
      // A job that stalls is a wake-up that was lost; it says nothing about a session.
      const prefix = wakeUpJobs.prefix;
      worker = new Worker(NAME, async () => wake(), { connection, prefix, maxStalledCount: 1, drainDelay: WAIT_S });
      worker.on("error", (error) => {
        if (isClosed || receiving.reason !== null) return;
        warn(`A wake-up of the queue could not be received: ${messageOf(error)}`);
      });
      worker.on("completed", (_job, isUsed: boolean) => {
        if (!isUsed) send(AGAIN_MS);
      });
    },

    async close() {
      // What fails from here on was not to be sent any more.
      isClosed = true;
      await worker?.close(true).catch(notSent);
      await jobs.close().catch(notSent);
      producer.disconnect();
      listener?.disconnect();
    },
  };
}
