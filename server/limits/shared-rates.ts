import { RateLimiterMemory, RateLimiterRedis } from "rate-limiter-flexible";
import { openRedis } from "../redis/connection.js";
import type { OpenRateLimiter } from "./allowances.js";

/** Rates that several servers count together. */
export interface SharedRates {
  readonly open: OpenRateLimiter;
  close(): void;
}

export interface SharedRatesOptions {
  /** Receives that rates are not counted together, and that they are again, once for each time that Redis is away. */
  warn(message: string): void;
}

/** Counts rates in Redis, so that a limit holds over all servers. While Redis is away, each server counts for itself. */
export function openSharedRates(redisUrl: string, { warn }: SharedRatesOptions): SharedRates {
  const { redis, close } = openRedis(redisUrl, {
    warn,
    meanwhile: "each server counts rates for itself meanwhile",
    again: "servers count rates together again",
  });
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
