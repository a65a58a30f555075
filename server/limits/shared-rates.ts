import { Redis } from "ioredis";
import { RateLimiterMemory, RateLimiterRedis } from "rate-limiter-flexible";
import type { OpenRateLimiter } from "./allowances.js";

/** How long Redis may take to answer, ms. */
const ANSWER_MS = 1000;

/** Rates that several servers count together. */
export interface SharedRates {
  readonly open: OpenRateLimiter;
  close(): void;
}

/**
 * Counts rates in Redis, so that a limit holds over all servers. While Redis is away, each server counts for itself. `failed`
 * receives why.
 */
export function openSharedRates(redisUrl: string, failed: (error: unknown) => void): SharedRates {
  const redis = new Redis(redisUrl, { enableOfflineQueue: false, maxRetriesPerRequest: 0, commandTimeout: ANSWER_MS });
  redis.on("error", failed);
  return {
    open: (options) =>
      new RateLimiterRedis({
        ...options,
        keyPrefix: `atelier:rate:${options.keyPrefix}`,
        storeClient: redis,
        rejectIfRedisNotReady: true,
        insuranceLimiter: new RateLimiterMemory(options),
      }),
    close: () => redis.disconnect(),
  };
}
