import { randomUUID } from "node:crypto";
import { rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { StorageUnavailable } from "../../errors.js";
import { storageError } from "../common/files.js";
import { knownSpace, type SpaceGuard } from "../common/space.js";
import type { StorageSpace } from "../storage.js";

/** The space of a data folder; `drafts` is a folder in it where a small file shows whether it can be written. */
export function storageSpace(available: () => Promise<number>, guard: SpaceGuard, drafts: string): StorageSpace {
  function storing<Result>(byteLength: number, work: () => Promise<Result>): Promise<Result> {
    return guard.storing(byteLength, async () => {
      try {
        return await work();
      } catch (error) {
        throw storageError(error);
      }
    });
  }

  async function probe(): Promise<void> {
    const path = join(drafts, randomUUID());
    await writeFile(path, "probe");
    await rm(path, { force: true });
  }

  return {
    free: async (place) => (place === "own" ? knownSpace(available) : null),
    storing,
    async obstacle() {
      try {
        await storing(0, probe);
        return null;
      } catch (error) {
        if (error instanceof StorageUnavailable) return error.message;
        throw error;
      }
    },
  };
}
