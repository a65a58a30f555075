/** What a cache keeps: a program, or more than one that belong together. */
interface Closable {
  close(): Promise<void>;
}

/** Idle programs that stay open for the next session; each holds a copy of its network's weights. */
const IDLE_PROGRAMS = 4;

/**
 * Area up to which a program stays open for the next picture, px. ONNX Runtime keeps the memory of the largest picture
 * that a program ran, up to 1,300 bytes a pixel; above this a new program costs little beside the picture itself.
 */
export const LARGEST_KEPT_AREA = 512 * 512;

interface Entry<Program> {
  program: Promise<Program>;
  users: number;
  /** Whether it stays open when nobody uses it. */
  kept: boolean;
}

/** Shares open programs among painters and keeps the most recently used idle ones. */
export class ProgramCache<Program extends Closable> {
  readonly #entries = new Map<string, Entry<Program>>();

  /** The program under `key`, opened if it is not there. Every `acquire` needs one `release`. */
  async acquire(key: string, open: () => Promise<Program>): Promise<Program> {
    const entry = this.#entries.get(key) ?? { program: open(), users: 0, kept: true };
    entry.users++;
    this.#entries.delete(key);
    this.#entries.set(key, entry);
    try {
      return await entry.program;
    } catch (error) {
      // Another may have opened it anew before this one was told.
      if (this.#entries.get(key) === entry) this.#entries.delete(key);
      throw error;
    }
  }

  /** Gives a program back. With `keep` false it is closed when its last user has gone, since it holds too much. */
  async release(key: string, { keep = true }: { keep?: boolean } = {}): Promise<void> {
    const entry = this.#entries.get(key);
    if (!entry) return;
    entry.users--;
    entry.kept &&= keep;
    const idle = [...this.#entries].filter(([, { users }]) => users === 0);
    const kept = idle.filter(([, entry]) => entry.kept);
    const closed = [...idle.filter(([, entry]) => !entry.kept), ...kept.slice(0, Math.max(0, kept.length - IDLE_PROGRAMS))];
    for (const [idleKey, { program }] of closed) {
      this.#entries.delete(idleKey);
      await (await program).close();
    }
  }

  async close(): Promise<void> {
    const programs = [...this.#entries.values()].map(({ program }) => program);
    this.#entries.clear();
    for (const program of await Promise.all(programs)) await program.close();
  }
}
