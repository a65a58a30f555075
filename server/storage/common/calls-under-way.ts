import { StorageUnavailable } from "../../errors.js";

/**
 * Knows which calls of stores are under way. A close waits for them and refuses later ones: the work for a client that
 * has left continues, for example, and must not write to a folder that another server may have opened.
 */
export class CallsUnderWay {
  private readonly calls = new Set<Promise<unknown>>();
  private closed = false;

  /** The same store; its calls are known from then on. */
  of<Store extends object>(store: Store): Store {
    const known = Object.entries(store).map(([name, member]) => [name, typeof member === "function" ? this.known(member) : member]);
    return Object.fromEntries(known) as Store;
  }

  /** Resolves when no call is under way; calls that begin later are refused. */
  async close(): Promise<void> {
    this.closed = true;
    await Promise.allSettled(this.calls);
  }

  private known(call: (...args: unknown[]) => Promise<unknown>) {
    return async (...args: unknown[]): Promise<unknown> => {
      if (this.closed) throw new StorageUnavailable("The server is closing.");
      const result = call(...args);
      this.calls.add(result);
      try {
        return await result;
      } finally {
        this.calls.delete(result);
      }
    };
  }
}
