import { AutoResetEvent } from "./auto-reset-event.js";

/** Most items that wait for one reader; beyond these, the one that has waited longest is dropped. */
const MAX_PENDING = 1000;

/** Ends a subscription. */
type Unsubscribe = () => void | Promise<void>;

/** Items as they change, for one reader. A slow reader gets the newest state of each item once. */
export class Feed<Item extends { id: string }> implements AsyncIterableIterator<Item> {
  private readonly pending = new Map<string, Item>();
  private readonly arrival = new AutoResetEvent();
  private unsubscribe: Unsubscribe = () => undefined;
  private ending = false;
  private closed = false;

  /** Opens a feed of all later changes: `subscribe` offers them to it, and returns the function that unsubscribes. */
  static async open<Item extends { id: string }>(subscribe: (feed: Feed<Item>) => Unsubscribe | Promise<Unsubscribe>): Promise<Feed<Item>> {
    const feed = new Feed<Item>();
    feed.unsubscribe = await subscribe(feed);
    return feed;
  }

  /** Queues the newest state of an item in place of its older one. */
  offer(item: Item): void {
    if (this.closed) return;
    // Removed and inserted again, so that items are in the order of their newest changes.
    this.pending.delete(item.id);
    const [oldest] = this.pending.keys();
    if (this.pending.size >= MAX_PENDING && oldest !== undefined) this.pending.delete(oldest);
    this.pending.set(item.id, item);
    this.arrival.set();
  }

  /** Drops an item that is waiting. */
  withdraw(id: string): void {
    this.pending.delete(id);
  }

  /** Ends the feed after the items that are waiting now. */
  end(): void {
    this.ending = true;
    this.arrival.set();
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async next(): Promise<IteratorResult<Item>> {
    while (!this.closed) {
      const [item] = this.pending.values();
      if (item) {
        this.pending.delete(item.id);
        return { done: false, value: item };
      }
      if (this.ending) break;
      await this.arrival.wait();
    }
    return this.return();
  }

  async return(): Promise<IteratorResult<Item>> {
    if (!this.closed) {
      this.closed = true;
      this.pending.clear();
      this.arrival.set();
      await this.unsubscribe();
    }
    return { done: true, value: undefined };
  }
}
