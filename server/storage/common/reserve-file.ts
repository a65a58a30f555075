import { randomFillSync } from "node:crypto";
import { open, rm, stat } from "node:fs/promises";
import { unlessMissing } from "./files.js";

/**
 * Space on the disk that is kept free for the last changes. Another program can fill the disk to its last byte; deleting
 * this file then makes space to store that the sessions are paused.
 */
export interface ReserveFile {
  readonly byteLength: number;
  /** Deletes the file. False when it was not there. */
  release(): Promise<boolean>;
  /** Begins to write the file where it is missing. When that fails, the guard of the disk's space tries it again. */
  restore(): void;
  /** Waits for a file that is being written. */
  settled(): Promise<void>;
}

/** What is written at a time, bytes. It is random, so that no file system saves it by compressing. */
const CHUNK_BYTES = 2 ** 20;

/** The reserve file at `path`. */
export function reserveFile(path: string, byteLength: number): ReserveFile {
  let restoring: Promise<void> | null = null;
  let isWritten = false;

  const settled = async () => {
    await restoring;
  };

  const sizeOf = async () => (await unlessMissing(stat(path)))?.size ?? null;

  async function write(): Promise<void> {
    isWritten = byteLength === 0 || (await sizeOf()) === byteLength;
    if (isWritten) return;
    try {
      const file = await open(path, "w");
      try {
        const chunk = randomFillSync(Buffer.alloc(CHUNK_BYTES));
        for (let left = byteLength; left > 0; left -= CHUNK_BYTES) await file.writeFile(chunk.subarray(0, left));
      } finally {
        await file.close();
      }
      isWritten = true;
    } catch (error) {
      await rm(path, { force: true });
      throw error;
    }
  }

  return {
    byteLength,

    async release() {
      await settled();
      if ((await sizeOf()) === null) return false;
      await rm(path, { force: true });
      isWritten = false;
      return true;
    },

    restore() {
      if (isWritten) return;
      restoring ??= write()
        .catch((error: unknown) => process.emitWarning(`The space for pausing sessions on a full disk could not be reserved: ${error}`))
        .finally(() => {
          restoring = null;
        });
    },

    settled,
  };
}
