import { RateLimiterMemory, RateLimiterRedis } from "rate-limiter-flexible";
import { openRedis } from "../redis/connection.js";
import type { OpenRateLimiter } from "./allowances.js";

/** Rates that several servers count together. */
export interface SharedRates {
  readonly open: OpenRateLimiter;
  close(): void;
}

export interface SharedRatesOptions {
  /** Receives, once for each time that Redis is away, why rates are not counted together. */
  warn(message: string): void;
}

/** Counts rates in Redis, so that a limit holds over all servers. While Redis is away, each server counts for itself. */
export function openSharedRates(redisUrl: string, { warn }: SharedRatesOptions): SharedRates {
  const { redis, close } = openRedis(redisUrl, (reason) =>
    warn(`Redis cannot be reached (${reason}); each server counts rates for itself meanwhile.`),
  );
  return {
    open: (options) =>
      new RateLimiterRedis({
        ...options,
        keyPrefix: `atelier:rate:${options.keyPrefix}`,
        storeClient: redis,
        rejectIfRedisNotReady: true,
        insuranceLimiter: new RateLimiterMemory(options),
      }),
    close,
  };
}
