import type { Targets } from "./objective.js";

/** Memory that cached targets may take, bytes: content features of one 1024 px picture are 33 MB. */
const CAPACITY_BYTES = 256 * 2 ** 20;

/** Keeps the targets of pictures used lately, by picture, size, layers and model. */
export class TargetCache {
  readonly #entries = new Map<string, { targets: Targets; bytes: number }>();
  #bytes = 0;

  /** The targets under `key`, measured if they are not there. */
  async get(key: string, measure: () => Promise<Targets>): Promise<Targets> {
    const known = this.#entries.get(key);
    const targets = known?.targets ?? (await measure());
    const bytes = known?.bytes ?? Object.values(targets).reduce((sum, { data }) => sum + data.byteLength, 0);
    this.#forget(key);
    this.#entries.set(key, { targets, bytes });
    this.#bytes += bytes;
    for (const oldest of this.#entries.keys()) {
      if (this.#bytes <= CAPACITY_BYTES) break;
      this.#forget(oldest);
    }
    return targets;
  }

  #forget(key: string): void {
    const entry = this.#entries.get(key);
    if (!entry) return;
    this.#entries.delete(key);
    this.#bytes -= entry.bytes;
  }
}
