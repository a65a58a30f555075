import { createHash } from "node:crypto";
import { openRedis } from "../redis/connection.js";
import type { StreamReservations } from "./reservations.js";

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
  const { redis, ask, close } = openRedis(redisUrl, {
    warn,
    meanwhile: "streams of events open only at the server that reserved them",
    again: "streams of events open at every server",
  });

  return {
    async put(token, holder, ms) {
      // A reservation that is stored late is over.
      await ask(() => redis.set(keyOf(token, holder), "", "PX", ms), null);
    },

    async take(token, holder) {
      // Of several servers that delete a key, one succeeds.
      const deleted = await ask(() => redis.del(keyOf(token, holder)), null);
      return deleted === null ? null : deleted === 1;
    },

    close,
  };
}

/** The key holds who may take it, so that one command checks and takes. */
function keyOf(token: string, holder: string): string {
  return `atelier:reserved:${token}:${createHash("sha256").update(holder).digest("hex")}`;
}
