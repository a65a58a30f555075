import { mkdir, readdir, rename, rm, stat, utimes } from "node:fs/promises";
import { dirname, join } from "node:path";
import { systemCode } from "../../errors.js";
import { DIGEST } from "../common/files.js";

/** How long a swept picture stays in the trash, ms. */
const KEPT_MS = 24 * 3600 * 1000;

/** Time between two searches for pictures that were in the trash long enough, ms. */
const SEARCH_MS = 3600 * 1000;

/** Pictures that were swept because no row refers to them; the time of a file is that of its sweep. */
export interface Trash {
  /** Moves a picture into the trash. */
  add(digest: string): Promise<void>;
  /** Stops the searches, and waits for the one in work. */
  close(): Promise<void>;
}

export interface TrashDependencies {
  /** Where a picture lies that is not in the trash. */
  pathOf: (digest: string) => string;
  /** The digests among `digests` that a row refers to. */
  inUse: (digests: readonly string[]) => Promise<ReadonlySet<string>>;
  keptMs?: number;
}

/** Opens the trash: puts pictures back to which a row refers after all, and deletes those that are old, now and hourly. */
export async function openTrash(folder: string, { pathOf, inUse, keptMs = KEPT_MS }: TrashDependencies): Promise<Trash> {
  await mkdir(folder, { recursive: true });

  async function search(): Promise<void> {
    const digests = (await readdir(folder)).filter((name) => DIGEST.test(name));
    const used = digests.length > 0 ? await inUse(digests) : new Set<string>();
    for (const digest of digests) {
      const path = join(folder, digest);
      if (used.has(digest)) await moveTo(path, pathOf(digest));
      else if (Date.now() - (await stat(path)).mtimeMs >= keptMs) await rm(path, { force: true });
    }
  }

  await search();
  let searching: Promise<void> = Promise.resolve();
  const timer = setInterval(() => {
    searching = searching.then(search).catch((error: unknown) => process.emitWarning(`The trash could not be emptied: ${String(error)}`));
  }, SEARCH_MS);
  timer.unref();

  return {
    async add(digest) {
      const path = pathOf(digest);
      try {
        await utimes(path, new Date(), new Date());
        await rename(path, join(folder, digest));
      } catch (error) {
        if (systemCode(error) !== "ENOENT") throw error;
      }
    },
    async close() {
      clearInterval(timer);
      await searching;
    },
  };
}

async function moveTo(from: string, to: string): Promise<void> {
  await mkdir(dirname(to), { recursive: true });
  await rename(from, to);
}
