import { Bell } from "./wake-up.js";

/** Things as they change. A slow reader gets the newest state of each once. */
export class ChangeFeed<Thing extends { id: string }> implements AsyncIterableIterator<Thing> {
  private readonly pending = new Map<string, Thing>();
  private readonly bell = new Bell();
  private readonly unwatch: () => void;
  private closed = false;

  /** @param watch calls its listener at each change, until the function is called that it answers. */
  constructor(watch: (listener: (thing: Thing) => void) => () => void) {
    this.unwatch = watch((thing) => {
      // Taken out and put in again, so that the order is that of the newest changes.
      this.pending.delete(thing.id);
      this.pending.set(thing.id, thing);
      this.bell.ring();
    });
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async next(): Promise<IteratorResult<Thing>> {
    while (!this.closed) {
      const [thing] = this.pending.values();
      if (thing) {
        this.pending.delete(thing.id);
        return { done: false, value: thing };
      }
      await this.bell.wait();
    }
    return { done: true, value: undefined };
  }

  async return(): Promise<IteratorResult<Thing>> {
    if (!this.closed) {
      this.closed = true;
      this.unwatch();
      this.pending.clear();
      this.bell.ring();
    }
    return { done: true, value: undefined };
  }
}
