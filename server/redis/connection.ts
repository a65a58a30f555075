import { Redis, type RedisOptions, ReplyError } from "ioredis";
import { messageOf } from "../errors.js";
import { watchLiveness } from "./liveness.js";

/** How long Redis may take to answer a command of `openRedis`, ms. */
const ANSWER_MS = 1000;
/** How long Redis may owe an answer before a connection counts as lost, ms. */
const SILENCE_MS = 2500;
/** Longest time between two attempts to connect, ms. */
const LONGEST_PAUSE_MS = 1000;

/** Receives how a connection fares. */
export interface ConnectionObserver {
  /** The connection is lost, or could not be made: `error` says why. Called at every attempt. */
  lost(error: unknown): void;
  /** Redis answers on the connection; called when it is ready, and now and then while it is. */
  answered(): void;
}

export interface ConnectionOptions extends RedisOptions {
  /** How long Redis may owe an answer before the connection counts as lost, ms. */
  silenceMs?: number;
}

/**
 * A connection that is made anew whenever it is lost, also when Redis accepts connections and does not answer. What cannot be
 * sent or answered fails, at once or when the loss is noticed, unless `options` say otherwise. Subscriptions end with the
 * connection, and are made again by those who made them, when it is ready.
 */
export function connectRedis(redisUrl: string, observer: ConnectionObserver, options: ConnectionOptions = {}): Redis {
  const { silenceMs = SILENCE_MS, ...own } = options;
  const connections: Redis[] = [];

  function answered(): void {
    if (connections.every(({ status }) => status === "ready" || status === "end")) observer.answered();
  }

  function observed(redis: Redis, pings: boolean): Redis {
    connections.push(redis);
    redis.on("error", (error) => observer.lost(error));
    redis.on("reconnecting", () => observer.lost(new Error("the connection was closed")));
    redis.on("ready", answered);
    watchLiveness(redis, { silenceMs, pings, answered });
    // BullMQ waits for jobs on a duplicate, and itself gives it up when Redis does not end the wait in time.
    redis.duplicate = (changes) => observed(new Redis({ ...redis.options, ...changes }), false);
    return redis;
  }

  return observed(
    new Redis(redisUrl, {
      ...{ enableOfflineQueue: false, autoResendUnfulfilledCommands: false, maxRetriesPerRequest: 0 },
      ...{ connectTimeout: silenceMs, disconnectTimeout: 100 },
      // ioredis leaves the failure of its own attempt to no one, which would end the process.
      autoResubscribe: false,
      // Servers that lost Redis at the same time come back at different ones.
      retryStrategy: (times) => Math.min(50 * times, LONGEST_PAUSE_MS) * (0.5 + Math.random() / 2),
      ...own,
    }),
    true,
  );
}

export interface OutageOptions {
  /** Receives that Redis is away, and that it is back, once each time. */
  warn(message: string): void;
  /** What is different while Redis is away, such as "each server counts rates for itself meanwhile". */
  meanwhile: string;
  /** What is as usual once it is back. */
  again: string;
}

/** Tells the operator once, not at every attempt to connect, that Redis is away. */
export class Outage implements ConnectionObserver {
  private why: string | null = null;

  constructor(private readonly options: OutageOptions) {}

  /** Why Redis is away; null when it is there. */
  get reason(): string | null {
    return this.why;
  }

  lost(error: unknown): void {
    if (this.why !== null) return;
    this.why = messageOf(error);
    this.options.warn(`Redis cannot be reached (${this.why}); ${this.options.meanwhile}.`);
  }

  answered(): void {
    if (this.why === null) return;
    this.why = null;
    this.options.warn(`Redis is back; ${this.options.again}.`);
  }
}

/** A connection for commands that are worth nothing later. */
export interface RedisCommands {
  readonly redis: Redis;
  /** The result of a command; `nothing` while Redis is away or does not answer in time. */
  ask<Value, Nothing>(command: () => Promise<Value>, nothing: Nothing): Promise<Value | Nothing>;
  close(): void;
}

/** Connects to Redis. Commands that it does not answer within a second fail. */
export function openRedis(redisUrl: string, options: OutageOptions): RedisCommands {
  const outage = new Outage(options);
  const redis = connectRedis(redisUrl, outage, { commandTimeout: ANSWER_MS });
  let isClosed = false;
  // Such as for lack of memory: others may succeed meanwhile, so this is said once for each connection.
  let isRefusalKnown = false;
  redis.on("ready", () => {
    isRefusalKnown = false;
  });

  function failed(error: unknown): void {
    if (isClosed) return;
    if (!(error instanceof ReplyError)) outage.lost(error);
    else if (!isRefusalKnown) {
      isRefusalKnown = true;
      options.warn(`Redis refuses a command (${messageOf(error)}); ${options.meanwhile}.`);
    }
  }

  return {
    redis,
    async ask(command, nothing) {
      try {
        return await command();
      } catch (error) {
        failed(error);
        return nothing;
      }
    },
    close() {
      isClosed = true;
      redis.disconnect();
    },
  };
}
