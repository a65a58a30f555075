import { stat, statfs } from "node:fs/promises";
import { AtelierError } from "../../errors.js";

/** What a fetch leaves free for sessions and pictures, bytes. */
const LEFT_FREE = 256 * 2 ** 20;

/** @throws AtelierError UNAVAILABLE when the disk of `folder` has too little room for so many more bytes. */
export async function requireRoom(folder: string, bytes: number): Promise<void> {
  const { blocks, bavail, bsize } = await statfs(folder);
  // Some file systems do not say what they hold.
  if (blocks === 0 || bavail * bsize >= bytes + LEFT_FREE) return;
  throw new AtelierError("UNAVAILABLE", "The server's disk has too little room for it.", { limit: bytes });
}

/** Bytes of a file that are on disk already, whole or as `<path>.partial`. */
export async function bytesOf(path: string): Promise<number> {
  for (const name of [path, `${path}.partial`]) {
    try {
      return (await stat(name)).size;
    } catch (error) {
      if (!(error instanceof Error && "code" in error && error.code === "ENOENT")) throw error;
    }
  }
  return 0;
}
