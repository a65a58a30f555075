import { createHash } from "node:crypto";
import { Redis } from "ioredis";
import type { StreamReservations } from "./reservations.js";

/** How long Redis may take to answer, ms. */
const ANSWER_MS = 1000;
const LONGEST_PAUSE_MS = 1000;

/** Reservations that any server can take. */
export interface RemoteReservations extends StreamReservations {
  close(): void;
}

export interface RemoteReservationsOptions {
  /** Receives, once for each time that Redis is away, why streams cannot be reserved for all servers. */
  warn(message: string): void;
}

/** Reservations in Redis. What is reserved while it is away can be opened at its own server only. */
export function openRemoteReservations(redisUrl: string, { warn }: RemoteReservationsOptions): RemoteReservations {
  const redis = new Redis(redisUrl, {
    // A reservation that is stored late is over.
    ...{ enableOfflineQueue: false, autoResendUnfulfilledCommands: false, maxRetriesPerRequest: 0, commandTimeout: ANSWER_MS },
    ...{ connectTimeout: ANSWER_MS, disconnectTimeout: 100 },
    retryStrategy: (times) => Math.min(50 * times, LONGEST_PAUSE_MS),
  });
  let isAway = false;
  redis.on("error", notice);
  redis.on("ready", () => {
    isAway = false;
  });

  function notice(error: unknown): null {
    const reason = error instanceof Error ? error.message : String(error);
    // A connection on which Redis does not answer is made anew.
    if (reason === "Command timed out" && redis.status === "ready") redis.disconnect(true);
    if (!isAway) warn(`Redis cannot be reached (${reason}); streams of events open only at the server that reserved them.`);
    isAway = true;
    return null;
  }

  return {
    async put(token, holder, ms) {
      await redis.set(keyOf(token, holder), "", "PX", ms).catch(notice);
    },

    async take(token, holder) {
      // Of several servers that delete a key, one succeeds.
      const deleted = await redis.del(keyOf(token, holder)).catch(notice);
      return deleted === null ? null : deleted === 1;
    },

    close: () => redis.disconnect(),
  };
}

/** The key holds who may take it, so that one command checks and takes. */
function keyOf(token: string, holder: string): string {
  return `atelier:reserved:${token}:${createHash("sha256").update(holder).digest("hex")}`;
}
