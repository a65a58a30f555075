import type { Allowances, Party } from "./allowances.js";

/** Counts the queries and mutations of each owner that are under way, over all of their sockets, streams and requests. */
export class OperationPlaces {
  private readonly counts = new Map<string, number>();

  constructor(private readonly allowances: Allowances) {}

  /**
   * Takes a place for an operation. Returns the function that gives it back.
   * @throws AtelierError LIMIT, with `retryAfter`
   */
  take(party: Party): () => void {
    const { ownerId } = party;
    if (ownerId === null || !Number.isFinite(this.allowances.of("ownOperations", party))) return () => undefined;
    const count = this.counts.get(ownerId) ?? 0;
    this.allowances.requirePlace("ownOperations", party, count);
    this.counts.set(ownerId, count + 1);
    let isReleased = false;
    return () => {
      if (isReleased) return;
      isReleased = true;
      const left = (this.counts.get(ownerId) ?? 0) - 1;
      if (left > 0) this.counts.set(ownerId, left);
      else this.counts.delete(ownerId);
    };
  }
}
