/**
 * Deletes blobs that no row refers to, except those whose row may still follow: equal pictures share a blob, so while
 * one session is deleted, another may have put the same bytes and be about to store the row.
 */
export interface BlobDeletion {
  /** Call this before bytes are put: it waits for a deletion under way, and postpones later ones. */
  putting(digest: string): Promise<void>;
  /** Deletes a blob unless it is used; one that was put within `graceMs` is deleted later. */
  delete(digest: string): Promise<void>;
  /** Like `delete`, but takes the blob away with `remove` instead of deleting it. */
  sweep(digest: string, remove: (digest: string) => Promise<void>): Promise<void>;
  /** Deletes at once what was left for later, and waits for what is being deleted. */
  flush(): Promise<void>;
}

export interface DeletionDependencies {
  /** Whether a row refers to the blob. */
  isUsed: (digest: string) => Promise<boolean>;
  remove: (digest: string) => Promise<void>;
  /** Longest time between storing the bytes of a picture and its row, ms. */
  graceMs: number;
}

export function createBlobDeletion({ isUsed, remove, graceMs }: DeletionDependencies): BlobDeletion {
  /** When each blob was last put, oldest first. */
  const lastPut = new Map<string, number>();
  const underWay = new Map<string, Promise<void>>();
  const later = new Map<string, NodeJS.Timeout>();

  function forgetOld(now: number): void {
    for (const [digest, time] of lastPut) {
      if (now - time < graceMs) return;
      lastPut.delete(digest);
    }
  }

  async function deleteUnused(digest: string, take = remove): Promise<void> {
    const deletion = (async () => {
      if (!(await isUsed(digest))) await take(digest);
    })();
    underWay.set(digest, deletion);
    try {
      await deletion;
    } finally {
      underWay.delete(digest);
    }
  }

  function postpone(digest: string, delayMs: number): void {
    clearTimeout(later.get(digest));
    const timer = setTimeout(() => {
      later.delete(digest);
      // A blob too many takes a little space, and no caller waits for its deletion.
      deleteOrPostpone(digest).catch((error: unknown) => process.emitWarning(`A picture could not be deleted: ${String(error)}`));
    }, delayMs);
    timer.unref();
    later.set(digest, timer);
  }

  async function deleteOrPostpone(digest: string, take = remove): Promise<void> {
    const age = performance.now() - (lastPut.get(digest) ?? Number.NEGATIVE_INFINITY);
    if (age < graceMs) postpone(digest, graceMs - age);
    else await deleteUnused(digest, take);
  }

  return {
    async putting(digest) {
      const now = performance.now();
      forgetOld(now);
      lastPut.delete(digest);
      lastPut.set(digest, now);
      await underWay.get(digest);
    },

    delete: (digest) => deleteOrPostpone(digest),

    sweep: deleteOrPostpone,

    async flush() {
      const digests = [...later.keys()];
      for (const timer of later.values()) clearTimeout(timer);
      later.clear();
      for (const digest of digests) await deleteUnused(digest);
      await Promise.allSettled(underWay.values());
    },
  };
}
