import { AtelierError } from "../errors.js";

/** Work that several ask for at the same time is done once for all of them, by key. */
export class JointWork<Result> {
  private readonly underWay = new Map<string, Promise<Result>>();

  /**
   * Joins the work under way for a key, or does it by `begin`. When the first to ask is refused for asking too much, the others
   * ask for themselves.
   * @throws what the work throws
   */
  async get(key: string, begin: () => Promise<Result>): Promise<Result> {
    for (let known = this.underWay.get(key); known; known = this.underWay.get(key)) {
      try {
        return await known;
      } catch (error) {
        if (!isForWhoAsked(error)) throw error;
      }
    }
    const work = begin().finally(() => this.underWay.delete(key));
    this.underWay.set(key, work);
    return work;
  }
}

/** Whether an error refuses the one who asked for the moment, and says nothing about the work itself. */
function isForWhoAsked(error: unknown): boolean {
  return error instanceof AtelierError && error.detail.retryAfter !== undefined;
}
