import { storedDigests } from "./data-folder.js";

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
  /** Moves a picture to the trash unless a row refers to it by now. */
  remove: (digest: string) => Promise<void>;
}

/** Searches folder by folder with one query for each of the 256 top folders, so that other queries never wait long. */
export function sweepOrphans(folder: string, { inUse, remove }: OrphanDependencies): OrphanSweep {
  const spared = new Set<string>();
  let ended = false;

  async function sweep(): Promise<void> {
    for await (const digests of storedDigests(folder)) {
      if (ended) break;
      const used = await inUse(digests);
      for (const digest of digests) {
        // From here on, `remove` makes a put of the same digest wait.
        if (!used.has(digest) && !spared.has(digest) && !ended) await remove(digest);
      }
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
