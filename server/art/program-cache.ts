/** A program of an engine, or a wrapper of one. */
interface Closable {
  close(): Promise<void>;
}

/** How many idle programs stay open for the next session; each holds a copy of its network's weights. */
const IDLE_PROGRAMS = 4;

/**
 * Largest picture after which a program stays open, px of area. ONNX Runtime keeps the memory of the largest picture
 * that a program ran, up to 1,300 bytes a pixel; above this area a new program costs little next to the picture itself.
 */
export const LARGEST_KEPT_AREA = 512 * 512;

interface Entry<Program> {
  program: Promise<Program>;
  users: number;
  /** Whether it stays open without users. */
  kept: boolean;
}

/** Shares open programs among painters and keeps the most recently used idle ones. */
export class ProgramCache<Program extends Closable> {
  private readonly entries = new Map<string, Entry<Program>>();

  /** Returns the program under `key`, opening it if missing. Every successful call needs one `release`. */
  async acquire(key: string, open: () => Promise<Program>): Promise<Program> {
    const entry = this.entries.get(key) ?? { program: open(), users: 0, kept: true };
    entry.users++;
    this.entries.delete(key);
    this.entries.set(key, entry);
    try {
      return await entry.program;
    } catch (error) {
      // Another caller may have opened it again before this one learned of the failure.
      if (this.entries.get(key) === entry) this.entries.delete(key);
      throw error;
    }
  }

  /** Gives a program back. With `keep` false it is closed after its last user, because it holds too much memory. */
  async release(key: string, { keep = true }: { keep?: boolean } = {}): Promise<void> {
    const entry = this.entries.get(key);
    if (!entry) return;
    entry.users--;
    entry.kept &&= keep;
    const idle = [...this.entries].filter(([, { users }]) => users === 0);
    const kept = idle.filter(([, entry]) => entry.kept);
    const closed = [...idle.filter(([, entry]) => !entry.kept), ...kept.slice(0, Math.max(0, kept.length - IDLE_PROGRAMS))];
    for (const [idleKey, { program }] of closed) {
      this.entries.delete(idleKey);
      await (await program).close();
    }
  }

  /** Closes all programs, used ones too. */
  async close(): Promise<void> {
    const programs = [...this.entries.values()].map(({ program }) => program);
    this.entries.clear();
    for (const program of await Promise.all(programs)) await program.close();
  }
}
