import type { SharedPlaces } from "./shared-places.js";

/** Counts what is under way by key; with `shared`, together with what is under way at other servers. */
export class PlaceCounts {
  private readonly counts = new Map<string, number>();

  constructor(private readonly shared: SharedPlaces | null) {}

  /**
   * Takes a place, once `requireFree` lets it be taken beside those that are. Resolves with the function that gives it back.
   * Two servers that ask for the last place at the same time may both be refused.
   * @throws what `requireFree` throws
   */
  async take(key: string, requireFree: (taken: number) => void): Promise<() => void> {
    const taken = this.counts.get(key) ?? 0;
    requireFree(taken);
    this.counts.set(key, taken + 1);
    let isReleased = false;
    const release = () => {
      if (isReleased) return;
      isReleased = true;
      this.give(key);
    };
    if (!this.shared) return release;
    try {
      requireFree(taken + (await this.shared.tell(key, taken + 1)));
      return release;
    } catch (error) {
      release();
      throw error;
    }
  }

  private give(key: string): void {
    const left = (this.counts.get(key) ?? 0) - 1;
    if (left > 0) this.counts.set(key, left);
    else this.counts.delete(key);
    void this.shared?.tell(key, Math.max(0, left));
  }
}
