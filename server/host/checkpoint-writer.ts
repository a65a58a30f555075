import type { CheckpointStore } from "../storage/storage.js";

interface Failure {
  error: unknown;
}

/**
 * Keeps a session's newest checkpoint. Its frames do not wait for a checkpoint being written; the next checkpoint does,
 * so at most one waits.
 */
export class CheckpointWriter {
  /** The write under way; resolves to what went wrong with it, if anything did. */
  private writing: Promise<Failure | null> = Promise.resolve(null);

  constructor(
    private readonly sessionId: string,
    private readonly store: CheckpointStore,
  ) {}

  /** Begins to write once the one before is written. @throws what went wrong with the one before. */
  async write(step: number, bytes: Uint8Array): Promise<void> {
    await this.settled();
    this.writing = this.store.put(this.sessionId, step, bytes).then(
      () => null,
      (error: unknown) => ({ error }),
    );
  }

  /** The checkpoint to go on from; null when there is none up to the last stored step: a later one would leave a hole. */
  async read(storedStep: number): Promise<Uint8Array | null> {
    await this.settled();
    const checkpoint = await this.store.get(this.sessionId);
    return checkpoint && checkpoint.step <= storedStep ? checkpoint.bytes : null;
  }

  /** Removes it; a failure is told and otherwise harmless. */
  async discard(onError: (error: unknown) => void): Promise<void> {
    await this.writing;
    try {
      await this.store.delete(this.sessionId);
    } catch (error) {
      onError(error);
    }
  }

  private async settled(): Promise<void> {
    const failed = await this.writing;
    this.writing = Promise.resolve(null);
    if (failed) throw failed.error;
  }
}
