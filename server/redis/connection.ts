import { Redis, type RedisOptions } from "ioredis";
import { messageOf } from "../errors.js";

/** How long Redis may take to accept a connection, and to answer a command of `openRedis`, ms. */
const ANSWER_MS = 1000;
/** Longest time between two attempts to connect, ms. */
const LONGEST_PAUSE_MS = 1000;

/**
 * A connection that is made anew whenever it is lost. What cannot be sent or answered at once fails, unless `options` say
 * otherwise. The caller listens to its errors.
 */
export function connectRedis(redisUrl: string, options: RedisOptions = {}): Redis {
  return new Redis(redisUrl, {
    ...{ enableOfflineQueue: false, autoResendUnfulfilledCommands: false, maxRetriesPerRequest: 0 },
    ...{ connectTimeout: ANSWER_MS, disconnectTimeout: 100 },
    // Servers that lost Redis at the same time come back at different ones.
    retryStrategy: (times) => Math.min(50 * times, LONGEST_PAUSE_MS) * (0.5 + Math.random() / 2),
    ...options,
  });
}

/** Tells the operator once, not at every attempt to connect, that Redis is away. */
export class Outage {
  private why: string | null = null;

  /** `began` receives why Redis is away; `ended` is called when it is back. */
  constructor(
    private readonly began: (reason: string) => void,
    private readonly ended: () => void = () => undefined,
  ) {}

  /** Why Redis is away; null when it is there. */
  get reason(): string | null {
    return this.why;
  }

  /** Call this with every error of a connection. */
  notice(error: unknown): void {
    if (this.why !== null) return;
    this.why = messageOf(error);
    this.began(this.why);
  }

  /** Call this when the connection is ready. */
  end(): void {
    if (this.why === null) return;
    this.why = null;
    this.ended();
  }
}

/** A connection for commands that are worth nothing later. */
export interface RedisCommands {
  readonly redis: Redis;
  /** The result of a command; `nothing` while Redis is away or does not answer in time. */
  ask<Value, Nothing>(command: () => Promise<Value>, nothing: Nothing): Promise<Value | Nothing>;
  close(): void;
}

/** Connects to Redis. `away` receives, once for each time that it is away, the reason. */
export function openRedis(redisUrl: string, away: (reason: string) => void): RedisCommands {
  const redis = connectRedis(redisUrl, { commandTimeout: ANSWER_MS });
  const outage = new Outage(away);
  redis.on("error", (error) => outage.notice(error));
  redis.on("ready", () => outage.end());
  return {
    redis,
    async ask(command, nothing) {
      try {
        return await command();
      } catch (error) {
        // A connection on which Redis does not answer is made anew.
        if (messageOf(error) === "Command timed out" && redis.status === "ready") redis.disconnect(true);
        outage.notice(error);
        return nothing;
      }
    },
    close: () => redis.disconnect(),
  };
}
