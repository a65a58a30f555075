import type { CheckpointStore } from "../storage/storage.js";
import type { SessionSpans } from "../telemetry/session-spans.js";

/**
 * Writes and reads the checkpoints of one session. Frames do not wait while a checkpoint is written; the next
 * checkpoint does, so at most one waits. A checkpoint that cannot be written, such as on a full disk, costs only time
 * after a restart: the error goes to `onError` and the session continues.
 */
export class SessionCheckpoints {
  private writing: Promise<void> = Promise.resolve();

  constructor(
    private readonly sessionId: string,
    private readonly store: CheckpointStore,
    private readonly spans: Pick<SessionSpans, "part">,
    private readonly onError: (error: unknown) => void,
  ) {}

  /** Begins to write a checkpoint once the one before is written. */
  async write(step: number, bytes: Uint8Array): Promise<void> {
    await this.writing;
    const size = { "atelier.step": step, "atelier.bytes": bytes.byteLength };
    this.writing = this.spans.part("session.checkpoint", () => this.store.put(this.sessionId, step, bytes), size).catch(this.onError);
  }

  /**
   * The checkpoint to continue from. Null when there is none up to the last stored step: a later one would leave a gap.
   */
  async read(storedStep: number): Promise<Uint8Array | null> {
    await this.writing;
    return (await this.store.get(this.sessionId, storedStep))?.bytes ?? null;
  }

  /** Resolves when the last checkpoint is written. */
  settled(): Promise<void> {
    return this.writing;
  }
}
