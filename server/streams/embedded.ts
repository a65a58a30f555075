import type { StreamReservations } from "./reservations.js";

/** Reservations within this process. */
export function openEmbeddedReservations(): StreamReservations {
  const reserved = new Map<string, { holder: string; expiry: NodeJS.Timeout }>();
  return {
    async put(token, holder, ms) {
      const expiry = setTimeout(() => reserved.delete(token), ms).unref();
      reserved.set(token, { holder, expiry });
    },

    async take(token, holder) {
      const reservation = reserved.get(token);
      if (reservation?.holder !== holder) return false;
      clearTimeout(reservation.expiry);
      return reserved.delete(token);
    },
  };
}
