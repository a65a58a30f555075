import { readdir } from "node:fs/promises";
import { basename, join } from "node:path";

const DIGEST = /^[0-9a-f]{64}$/;
const FIRST_LEVEL = /^[0-9a-f]{2}$/;

/** A search in the background for pictures that no row refers to. */
export interface OrphanSweep {
  /** Keeps a picture that is being put: its row will follow. */
  spare(digest: string): void;
  /** Ends the search and waits until it has ended. */
  stop(): Promise<void>;
}

export interface OrphanDependencies {
  /** The digests among `digests` that a row refers to. */
  inUse: (digests: readonly string[]) => Promise<ReadonlySet<string>>;
  /** Deletes a picture unless a row refers to it by now. */
  remove: (digest: string) => Promise<void>;
}

/** Searches folder by folder with one query for each of the 256 top folders, so that other queries never wait long. */
export function sweepOrphans(folder: string, { inUse, remove }: OrphanDependencies): OrphanSweep {
  const spared = new Set<string>();
  let ended = false;

  async function sweepOne(name: string): Promise<void> {
    const paths = await readdir(join(folder, name), { recursive: true });
    const digests = paths.map((path) => basename(path)).filter((entry) => DIGEST.test(entry));
    if (digests.length === 0) return;
    const used = await inUse(digests);
    for (const digest of digests) {
      // From here on, `remove` makes a put of the same digest wait.
      if (!used.has(digest) && !spared.has(digest) && !ended) await remove(digest);
    }
  }

  async function sweep(): Promise<void> {
    for (const name of await readdir(folder)) {
      if (ended) break;
      if (FIRST_LEVEL.test(name)) await sweepOne(name);
    }
  }

  const sweeping = sweep()
    // What remains takes a little space, and no caller waits for the search.
    .catch((error: unknown) => process.emitWarning(`The search for pictures without a row ended early: ${String(error)}`))
    .finally(() => {
      ended = true;
      spared.clear();
    });

  return {
    spare(digest) {
      if (!ended) spared.add(digest);
    },

    async stop() {
      ended = true;
      await sweeping;
    },
  };
}
