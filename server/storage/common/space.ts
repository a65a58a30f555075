import { statfs } from "node:fs/promises";
import { StorageUnavailable } from "../../errors.js";
import { storageError } from "./files.js";
import type { ReserveFile } from "./reserve-file.js";

/**
 * Free disk space below which nothing new is stored, bytes. The embedded database writes its log in segments of 16 MiB;
 * when it cannot write one, its next query never returns and blocks the whole process, so the disk must never become
 * that full.
 */
export const RESERVE_BYTES = 64 * 2 ** 20;

/** The part of the reserve that changes and deletions must leave free too, bytes: two segments. */
const LAST_RESERVE_BYTES = RESERVE_BYTES / 2;

/** Keeps the disk of the data folder from filling up. */
export interface SpaceGuard {
  /** Does work that stores `byteLength` new bytes. @throws StorageUnavailable when the disk is almost full. */
  storing<Result>(byteLength: number, work: () => Promise<Result>): Promise<Result>;
  /**
   * Does work that changes or deletes, which may use part of the reserve: a session's end must still be stored. On a
   * disk that is even fuller it deletes the reserve file first.
   * @throws StorageUnavailable when the disk is too full nevertheless.
   */
  changing<Result>(work: () => Promise<Result>): Promise<Result>;
}

/** Guards a disk whose free space, in bytes, `availableSpace` returns. */
export function createSpaceGuard(availableSpace: () => Promise<number>, reserveFile?: ReserveFile): SpaceGuard {
  /** Size of everything that is being stored now, bytes: none of it may be on disk yet. */
  let underWay = 0;

  function requireSpace(available: number, needed: number): void {
    if (available >= needed + underWay) return;
    const free = Math.floor(Math.max(0, available) / 2 ** 20);
    const reserve = RESERVE_BYTES / 2 ** 20;
    throw new StorageUnavailable(
      `The server's disk is almost full: ${free} MiB are free, and ${reserve} MiB must stay free. Nothing can be stored until there is space.`,
    );
  }

  return {
    async storing(byteLength, work) {
      const available = await availableSpace();
      // Nothing is awaited between comparing and counting, so no other work can claim the same space.
      requireSpace(available, RESERVE_BYTES + byteLength);
      // With as much again to spare, so that the file does not come and go near the limit.
      if (reserveFile && available >= RESERVE_BYTES + byteLength + underWay + 2 * reserveFile.byteLength) reserveFile.restore();
      underWay += byteLength;
      try {
        return await work();
      } finally {
        underWay -= byteLength;
      }
    },

    async changing(work) {
      const available = await availableSpace();
      const isReleased = available < LAST_RESERVE_BYTES + underWay && (await reserveFile?.release());
      requireSpace(isReleased ? await availableSpace() : available, LAST_RESERVE_BYTES);
      return work();
    },
  };
}

/** Free space for this process on the disk of `folder`, bytes; infinite where the file system does not report it. */
export async function availableSpaceOf(folder: string): Promise<number> {
  const { blocks, bavail, bsize } = await statfs(folder);
  return blocks === 0 ? Number.POSITIVE_INFINITY : bavail * bsize;
}

/** What `availableSpace` returns, bytes; null where that is infinite, or where the disk cannot be reached. */
export async function knownSpace(availableSpace: () => Promise<number>): Promise<number | null> {
  try {
    const available = await availableSpace();
    return Number.isFinite(available) ? available : null;
  } catch (error) {
    // `obstacle` of the storage gives the reason.
    if (storageError(error) instanceof StorageUnavailable) return null;
    throw error;
  }
}
