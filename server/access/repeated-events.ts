export interface RepeatedEventsOptions<Event> {
  /** Events of one key that are let through in `windowMs`. */
  most: number;
  /** How long a key is counted after its first event, ms. */
  windowMs: number;
  /** Keys that are counted at a time. */
  mostKeys: number;
  /** Receives the last of the events of a key that were held back, with their number, once that key is counted no more. */
  heldBack(last: Event, count: number): void;
}

interface Window<Event> {
  let: number;
  held: number;
  last: Event;
  timer: NodeJS.Timeout;
}

/** Lets the first events of each key through and counts the others, so that no key pushes out those of all others. */
export class RepeatedEvents<Event> {
  private readonly windows = new Map<string, Window<Event>>();

  constructor(private readonly options: RepeatedEventsOptions<Event>) {}

  /** Returns whether an event is let through. */
  passes(key: string, event: Event): boolean {
    const window = this.windows.get(key) ?? this.open(key, event);
    window.last = event;
    if (window.let >= this.options.most) {
      window.held++;
      return false;
    }
    window.let++;
    return true;
  }

  /** Hands over what was held back so far. */
  close(): void {
    for (const key of [...this.windows.keys()]) this.end(key);
  }

  private open(key: string, last: Event): Window<Event> {
    const [oldest] = this.windows.keys();
    if (this.windows.size >= this.options.mostKeys && oldest !== undefined) this.end(oldest);
    const timer = setTimeout(() => this.end(key), this.options.windowMs).unref();
    const window = { let: 0, held: 0, last, timer };
    this.windows.set(key, window);
    return window;
  }

  private end(key: string): void {
    const window = this.windows.get(key);
    if (!window) return;
    clearTimeout(window.timer);
    this.windows.delete(key);
    if (window.held > 0) this.options.heldBack(window.last, window.held);
  }
}
