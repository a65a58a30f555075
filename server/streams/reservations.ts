/**
 * Streams of events that clients have reserved and not opened, as every API server sees them: the server at which one is
 * opened keeps it.
 */
export interface StreamReservations {
  /** Reserves a stream for `ms`. `holder` is the text that stands for the client's principal. */
  put(token: string, holder: string, ms: number): Promise<void>;
  /**
   * Takes a reservation, which succeeds once. False for one that is over, taken, or another holder's; null when the
   * reservations cannot be reached.
   */
  take(token: string, holder: string): Promise<boolean | null>;
}
