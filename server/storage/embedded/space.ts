import { statfs } from "node:fs/promises";
import { unavailable } from "../../errors.js";

/**
 * Free disk space below which nothing new is stored, bytes. The embedded database writes its log in segments of 16 MiB;
 * when one cannot be written its next query never returns and blocks the whole process, so it must never come to that.
 */
export const RESERVE_BYTES = 64 * 2 ** 20;

/** The part of the reserve that changes and deletions may not use either: two segments, bytes. */
const LAST_RESERVE_BYTES = RESERVE_BYTES / 2;

/** Keeps the data folder's disk from filling up. */
export interface SpaceGuard {
  /** Does work that stores something new of so many bytes. @throws AtelierError UNAVAILABLE when the disk is almost full. */
  storing<Result>(bytes: number, work: () => Promise<Result>): Promise<Result>;
  /** Does work that changes or deletes: how sessions end is stored from the reserve. @throws AtelierError UNAVAILABLE */
  changing<Result>(work: () => Promise<Result>): Promise<Result>;
}

/** `availableBytes` answers what is free on the disk. */
export function createSpaceGuard(availableBytes: () => Promise<number>): SpaceGuard {
  /** Of all that is being stored now: none of it may be on disk yet. */
  let underWay = 0;

  function requireRoom(available: number, bytes: number): void {
    if (available >= bytes + underWay) return;
    throw unavailable("The server's disk is almost full. Nothing can be stored until there is space.");
  }

  return {
    async storing(bytes, work) {
      const available = await availableBytes();
      // Nobody comes between the comparison and the count.
      requireRoom(available, RESERVE_BYTES + bytes);
      underWay += bytes;
      try {
        return await work();
      } finally {
        underWay -= bytes;
      }
    },

    async changing(work) {
      requireRoom(await availableBytes(), LAST_RESERVE_BYTES);
      return work();
    },
  };
}

/** What this process may still write to the disk of `folder`, bytes; without end where the file system does not say. */
export async function availableBytesOf(folder: string): Promise<number> {
  const { blocks, bavail, bsize } = await statfs(folder);
  return blocks === 0 ? Number.POSITIVE_INFINITY : bavail * bsize;
}
