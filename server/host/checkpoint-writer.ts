import type { CheckpointStore } from "../storage/storage.js";

/**
 * Keeps a session's checkpoints. Its frames do not wait for a checkpoint being written; the next checkpoint does, so at most
 * one waits. One that cannot be written, such as on a full disk, costs time after a restart and nothing else: it is told and
 * the session goes on.
 */
export class CheckpointWriter {
  private writing: Promise<void> = Promise.resolve();

  constructor(
    private readonly sessionId: string,
    private readonly store: CheckpointStore,
    private readonly onError: (error: unknown) => void,
  ) {}

  /** Begins to write once the one before is written. */
  async write(step: number, bytes: Uint8Array): Promise<void> {
    await this.writing;
    this.writing = this.store.put(this.sessionId, step, bytes).catch(this.onError);
  }

  /** The checkpoint to go on from; null when there is none up to the last stored step: a later one would leave a hole. */
  async read(storedStep: number): Promise<Uint8Array | null> {
    await this.writing;
    return (await this.store.get(this.sessionId, storedStep))?.bytes ?? null;
  }

  /** Resolves when the last one is written. */
  settled(): Promise<void> {
    return this.writing;
  }
}
