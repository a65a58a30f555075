/** Remembers keys for a while. Of more than `most`, those that were noted first are forgotten earlier. */
export class RecentKeys {
  /** When each key was noted, in that order, ms. */
  private readonly noted = new Map<string, number>();

  constructor(
    private readonly memoryMs: number,
    private readonly most: number,
  ) {}

  /** Notes a key that is not remembered. Returns whether it was noted. */
  note(key: string): boolean {
    const now = Date.now();
    const before = this.noted.get(key);
    if (before !== undefined && now - before < this.memoryMs) return false;
    this.noted.delete(key);
    if (this.noted.size >= this.most) this.noted.delete(this.noted.keys().next().value ?? "");
    this.noted.set(key, now);
    return true;
  }
}
