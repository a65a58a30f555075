/** What a cache keeps: a program, or more than one that belong together. */
interface Closable {
  close(): Promise<void>;
}

/** Idle programs that stay open for the next session; each holds a copy of its network's weights. */
const IDLE_PROGRAMS = 4;

interface Entry<Program> {
  program: Promise<Program>;
  users: number;
}

/** Shares open programs among painters and keeps the most recently used idle ones. */
export class ProgramCache<Program extends Closable> {
  readonly #entries = new Map<string, Entry<Program>>();

  /** The program under `key`, opened if it is not there. Every `acquire` needs one `release`. */
  async acquire(key: string, open: () => Promise<Program>): Promise<Program> {
    const entry = this.#entries.get(key) ?? { program: open(), users: 0 };
    entry.users++;
    this.#entries.delete(key);
    this.#entries.set(key, entry);
    try {
      return await entry.program;
    } catch (error) {
      this.#entries.delete(key);
      throw error;
    }
  }

  async release(key: string): Promise<void> {
    const entry = this.#entries.get(key);
    if (!entry) return;
    entry.users--;
    const idle = [...this.#entries].filter(([, { users }]) => users === 0);
    for (const [idleKey, { program }] of idle.slice(0, Math.max(0, idle.length - IDLE_PROGRAMS))) {
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
