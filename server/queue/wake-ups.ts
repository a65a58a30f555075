import { randomUUID } from "node:crypto";
import { type Job, Queue as Jobs, Worker } from "bullmq";
import { type Redis, ReplyError } from "ioredis";
import { messageOf } from "../errors.js";
import { connectRedis, Outage } from "../redis/connection.js";

const NAME = "wake-ups";
/** Names of jobs. One job of a name stands for all that are sent until it is delivered, by whichever process. */
const AT_ONCE = "at-once";
const DELAYED = "delayed";
/** Where the jobs are; the prefix keeps the keys of a queue in one slot of a Redis cluster. */
export const wakeUpJobs = { name: NAME, prefix: "{atelier}" } as const;
/** Channel on which a process that cannot use a wake-up tells all others. */
export const othersChannel = `${wakeUpJobs.prefix}:${NAME}:others`;

/** How long Redis is asked to wait for a job, s. Where it does not answer a second later, the connection is made anew. */
const WAIT_S = 2;

/** How soon a wake-up is delivered again whose receiver was lost with it, ms: until then it stands for all that are sent. */
const STALLED_MS = 2000;

/** Longest delay until the next wake-up, ms: where the clock of the database was set back, it calls too long a time. */
const LONGEST_DELAY_MS = 10_000;

/** A process that wake-ups reach. */
export interface WakeUpListener {
  /**
   * Looks for a session, and returns whether it claimed one. `isExpected` says that there probably is one, and that no other
   * process was woken for it.
   */
  look(isExpected: boolean): Promise<boolean>;
  /** Whether something is left that another process may claim. */
  leavesSome(): Promise<boolean>;
  /** Time until the next session can be claimed by itself, as when its lease ends, ms; null when none can, or none is known. */
  untilNextDue(): Promise<number | null>;
}

/** Tells the processes that share a queue that there may be something to claim. */
export interface WakeUps {
  /** Wakes one process that listens. A wake-up may be lost: listeners also look by themselves now and then. */
  send(): void;
  /**
   * Wakes one process that listens after a delay, ms, such as when a lease ends unless it is renewed. Its receiver sends the
   * next one. Without effect while another one waits. The clocks of processes should agree: the delay is by theirs.
   */
  sendDelayed(delayMs: number): void;
  /**
   * Begins to deliver wake-ups. When one finds nothing that this process can claim, but something that others may, all
   * others that listen look, once. Whenever the process is connected to Redis again, which may have lost what it had, it
   * sends the next delayed one, and looks.
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

  function add(name: string, { delayMs = 0, replace = false } = {}): void {
    // One that is being delivered does not stand for those after it, whose sessions its receiver may not have seen.
    const deduplication = { id: name, keepLastIfActive: true, replace };
    const options = { removeOnComplete: true, removeOnFail: true, delay: Math.ceil(delayMs), deduplication };
    jobs.add(name, {}, options).catch(notSent);
  }

  async function deliver(listener: WakeUpListener, isExpected: boolean): Promise<void> {
    if ((await listener.look(isExpected)) || !(await listener.leavesSome())) return;
    // Another job could come back to this process, again and again. Each of the others knows what it can take.
    if (!isClosed) await producer.publish(othersChannel, id);
  }

  async function deliverDelayed(listener: WakeUpListener): Promise<void> {
    // Before the look, which finds what becomes due in between.
    await sendNext(listener);
    // Most leases are renewed, so that there is probably nothing.
    await deliver(listener, false);
  }

  async function sendNext(listener: WakeUpListener): Promise<void> {
    const delayMs = await listener.untilNextDue();
    // The database knows best: one that a claim has sent meanwhile is due later.
    if (delayMs !== null && !isClosed) add(DELAYED, { delayMs: Math.min(delayMs, LONGEST_DELAY_MS), replace: true });
  }

  return {
    // A worker that claims a session wakes the next one.
    send: () => add(AT_ONCE),

    sendDelayed: (delayMs) => add(DELAYED, { delayMs }),

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
      const receive = async ({ name }: Job) => void (name === DELAYED ? deliverDelayed(listener) : deliver(listener, true)).catch(notSent);
      worker = new Worker(NAME, receive, {
        ...{ connection, prefix: wakeUpJobs.prefix, drainDelay: WAIT_S },
        ...{ maxStalledCount: 1, lockDuration: STALLED_MS, stalledInterval: STALLED_MS },
      });
      worker.on("error", notReceived);
      subscriber.on("message", (_channel, sender) => {
        if (sender !== id) listener.look(false).catch(notReceived);
      });
      subscriber.on("ready", () => void subscriber.subscribe(othersChannel).catch(refused));
      const lookAgain = async () => {
        await sendNext(listener);
        await listener.look(false);
      };
      const connected = () => void lookAgain().catch(notReceived);
      producer.on("ready", connected);
      if (producer.status === "ready") connected();
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
