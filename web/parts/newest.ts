import { mayPass } from "../graphql/execute";
import { untilReached } from "../graphql/subscribe";
import { Coalescer } from "./coalescer";

export interface NewestParts<Data> {
  read(): Promise<Data>;
  show(data: Data): void;
  /** Receives the error of a reading that nobody waits for. */
  onFailure(error: unknown): void;
  /** Least time between two readings that nobody waits for, ms. */
  everyMs: number;
}

/**
 * Shows what the server has, and never puts an older answer in the place of a newer one: readings that overlap may be
 * answered in another order than they were begun.
 */
export class Newest<Data> {
  private begun = 0;
  private shown = 0;
  private readonly soon: Coalescer<AbortSignal>;

  constructor(private readonly parts: NewestParts<Data>) {
    const fail = (error: unknown, signal: AbortSignal) => {
      if (!signal.aborted) parts.onFailure(error);
    };
    const work = (signal: AbortSignal) => {
      const passes = (error: unknown) => {
        if (!mayPass(error)) return false;
        fail(error, signal);
        return true;
      };
      return untilReached(() => this.load(), signal, passes).catch((error: unknown) => fail(error, signal));
    };
    this.soon = new Coalescer({ work, merge: (_, newer) => newer, everyMs: parts.everyMs });
  }

  /** Reads at once, and resolves once that or something newer is shown. @throws what `read` throws */
  async load(): Promise<void> {
    const turn = ++this.begun;
    const data = await this.parts.read();
    if (turn < this.shown) return;
    this.shown = turn;
    this.parts.show(data);
  }

  /** Reads after a change that was not made here, again while the server or its database is away, until `signal` aborts. */
  changed(signal: AbortSignal): void {
    this.soon.offer(signal);
  }
}
