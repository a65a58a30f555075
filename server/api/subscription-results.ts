import type { ExecutionResult } from "graphql";
import type { ReportError } from "./errors.js";

type Results = AsyncIterableIterator<ExecutionResult>;

/**
 * The results of the subscriptions of one stream of events, which end with it. graphql-sse would leave those running that
 * were about to begin when their stream ended.
 */
export class SubscriptionResults {
  private readonly running = new Set<() => Promise<unknown>>();
  private isEnded = false;

  constructor(private readonly report: ReportError) {}

  /** Adds a subscription that has begun, in the form in which graphql-sse stops it: it asks for `throw`, as generators have. */
  add(results: Results | ExecutionResult): AsyncGenerator<ExecutionResult> | ExecutionResult {
    if (!(Symbol.asyncIterator in results)) return results;
    const stop = async () => {
      this.running.delete(stop);
      return (await results.return?.()) ?? { done: true as const, value: undefined };
    };
    this.running.add(stop);
    if (this.isEnded) this.end();
    const stoppable = {
      [Symbol.asyncIterator]: () => stoppable,
      next: async () => {
        const next = await results.next();
        if (next.done) this.running.delete(stop);
        return next;
      },
      return: stop,
      throw: stop,
    } as AsyncGenerator<ExecutionResult>;
    return stoppable;
  }

  end(): void {
    this.isEnded = true;
    for (const stop of this.running) stop().catch(this.report);
  }
}
