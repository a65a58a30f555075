import { randomUUID } from "node:crypto";
import { type Job, Queue as Jobs, type JobsOptions, Worker } from "bullmq";
import { type Redis, ReplyError } from "ioredis";
import { messageOf } from "../errors.js";
import { connectRedis, Outage } from "../redis/connection.js";

const NAME = "wake-ups";
/** How the ids of jobs begin that were sent to be delivered later. */
const LATER = "later-";
/** Where the jobs are; the prefix keeps the keys of a queue in one slot of a Redis cluster. */
export const wakeUpJobs = { name: NAME, prefix: "{atelier}" } as const;
/** Channel on which a process that cannot use a wake-up tells all others. */
export const othersChannel = `${wakeUpJobs.prefix}:${NAME}:others`;

/** How long Redis is asked to wait for a job, s. Where it does not answer a second later, the connection is made anew. */
const WAIT_S = 2;

/** How soon a wake-up is delivered again whose receiver was lost with it, ms: until then it stands for all that are sent. */
const STALLED_MS = 2000;

/**
 * Wake-ups that are due later are sent at whole multiples of this, ms: those of many processes for about the same time are
 * one job.
 */
const LATER_MS = 250;

/** A process that wake-ups reach. */
export interface WakeUpListener {
  /**
   * Looks for a session, and returns whether it claimed one. `isExpected` says that there probably is one, which this process
   * alone was woken for.
   */
  look(isExpected: boolean): Promise<boolean>;
  /** Whether something is left that another process may claim. */
  leavesSome(): Promise<boolean>;
  /** Time until there may be something to claim because time has passed, ms; null when nobody can know. */
  untilNextDue(): Promise<number | null>;
}

/** Tells the processes that share a queue that there may be something to claim. */
export interface WakeUps {
  /** Wakes one process that listens. A wake-up may be lost: listeners also look by themselves now and then. */
  send(): void;
  /**
   * Wakes one process that listens some time later, ms, as when a lease may end that is not renewed. That process then has
   * the next one sent, for as long as something is due.
   */
  sendLater(delayMs: number): void;
  /**
   * Begins to deliver wake-ups. When one finds nothing that this process can claim, but something that others may, all
   * others that listen look, once. A process that finds Redis back looks too, and sends what is due later again, since Redis
   * may have lost it.
   */
  listen(listener: WakeUpListener): void;
  close(): Promise<void>;
}

export interface WakeUpsOptions {
  /** Receives why wake-ups are lost, once for each time that Redis is away. */
  warn(message: string): void;
}

/** Wake-ups as jobs of BullMQ, and those for all others over the publish and subscribe of Redis. */
export function openWakeUps(redisUrl: string, { warn }: WakeUpsOptions): WakeUps {
  const id = randomUUID();
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
  let listeners: Redis[] = [];
  let isClosed = false;

  function notSent(error: unknown): void {
    // BullMQ reports the errors of the connection once more.
    if (isClosed || sending.reason !== null) return;
    // A connection that Redis has ended is ready for a moment longer.
    if (producer.status === "ready" && producer.stream.writable) warn(`A wake-up of the queue was lost: ${messageOf(error)}`);
    else sending.lost(error);
  }

  function add(options: JobsOptions): void {
    jobs.add(NAME, {}, { removeOnComplete: true, removeOnFail: true, ...options }).catch(notSent);
  }

  function sendLater(delayMs: number): void {
    if (isClosed) return;
    const now = Date.now();
    // Never the multiple that is just due: its job may not be over yet.
    const due = Math.floor((now + delayMs) / LATER_MS + 1) * LATER_MS;
    add({ jobId: `${LATER}${due}`, delay: due - now });
  }

  async function sendNext(listener: WakeUpListener): Promise<void> {
    const delayMs = await listener.untilNextDue();
    if (delayMs !== null) sendLater(delayMs);
  }

  async function deliver(listener: WakeUpListener, isExpected: boolean): Promise<void> {
    if ((await listener.look(isExpected)) || !(await listener.leavesSome())) return;
    // Another job could come back to this process, again and again. Each of the others knows what it can take.
    if (!isClosed) await producer.publish(othersChannel, id);
  }

  return {
    send() {
      // One that waits stands for all: whoever claims a session wakes the next. One that is being delivered does not stand
      // for those after it, whose sessions its receiver may not have seen.
      add({ deduplication: { id: "at-once", keepLastIfActive: true } });
    },

    sendLater,

    listen(listener) {
      if (worker) return;
      const receiving = new Outage({
        warn,
        meanwhile: "this process is not woken, and sessions that wait begin a little later meanwhile",
        again: "this process is woken at once",
      });
      const notReceived = (error: unknown) => {
        if (isClosed || receiving.reason !== null) return;
        warn(`A wake-up of the queue could not be received: ${messageOf(error)}`);
      };
      const refused = (error: unknown) => {
        // A connection that is lost meanwhile is made anew.
        if (!isClosed && error instanceof ReplyError) warn(`Redis refuses wake-ups that others could not use: ${messageOf(error)}`);
      };
      // BullMQ waits for a connection, however long.
      const options = { enableOfflineQueue: true, autoResendUnfulfilledCommands: true, maxRetriesPerRequest: null };
      const connection = connectRedis(redisUrl, receiving, options);
      // The operator reads once, about the other one, that Redis is away.
      const subscriber = connectRedis(redisUrl, { lost: () => undefined, answered: () => undefined });
      listeners = [connection, subscriber];
      // The job ends before the look that it causes: wake-ups that are sent meanwhile would wait for it, as long as a
      // process hangs. One that is lost says nothing about a session.
      const receive = async ({ id: jobId }: Job) => {
        const wasLater = jobId?.startsWith(LATER) ?? false;
        // Most leases are renewed before they end.
        void deliver(listener, !wasLater).catch(notSent);
        if (wasLater) void sendNext(listener);
      };
      worker = new Worker(NAME, receive, {
        ...{ connection, prefix: wakeUpJobs.prefix, drainDelay: WAIT_S },
        ...{ maxStalledCount: 1, lockDuration: STALLED_MS, stalledInterval: STALLED_MS },
      });
      worker.on("error", notReceived);
      subscriber.on("message", (_channel, sender) => {
        if (sender !== id) listener.look(false).catch(notReceived);
      });
      subscriber.on("ready", () => {
        void subscriber.subscribe(othersChannel).catch(refused);
        listener.look(false).catch(notReceived);
        void sendNext(listener);
      });
    },

    async close() {
      // What fails from here on was not to be sent any more.
      isClosed = true;
      await worker?.close(true).catch(notSent);
      await jobs.close().catch(notSent);
      producer.disconnect();
      for (const redis of listeners) redis.disconnect();
    },
  };
}
