import { constants, open, stat } from "node:fs/promises";
import { createServer } from "node:net";
import { join } from "node:path";
import { AtelierError, systemCode, unavailable } from "../../errors.js";

/**
 * Flags of `open` that lock a file: O_EXLOCK of open(2) on macOS, UV_FS_O_EXLOCK on Windows, where it denies every
 * other open. Node passes both on, but has no constants for them.
 */
const EXCLUSIVE_LOCK: Partial<Record<NodeJS.Platform, number>> = { darwin: 0x20, win32: 0x10000000 };

/** Releases a lock. */
export type Unlock = () => Promise<void>;

/**
 * Locks the data folder for this process. The operating system holds the lock and releases it when the process ends, in
 * whatever way, so no stale lock remains. Linux has no file lock that Node can take: there the lock is an abstract
 * socket named after the folder's device and inode. Containers with networks of their own do not see each other's
 * sockets.
 * @throws AtelierError CONFLICT when another server, or this one, holds the lock.
 */
export async function lockFolder(folder: string, platform: NodeJS.Platform = process.platform): Promise<Unlock> {
  try {
    return platform === "linux" ? await lockByName(await folderName(folder)) : await lockFile(join(folder, "lock"), platform);
  } catch (error) {
    if (isTaken(error))
      throw new AtelierError("CONFLICT", "Another server uses this data folder. Stop it, or set ATELIER_DATA to another folder.");
    throw error;
  }
}

async function folderName(folder: string): Promise<string> {
  const { dev, ino } = await stat(folder, { bigint: true });
  return `\0atelier-data-${dev}-${ino}`;
}

function lockByName(name: string): Promise<Unlock> {
  return new Promise((resolve, reject) => {
    const server = createServer((socket) => socket.destroy());
    server.once("error", reject);
    server.listen(name, () => {
      server.unref();
      resolve(() => new Promise((done) => server.close(() => done())));
    });
  });
}

async function lockFile(path: string, platform: NodeJS.Platform): Promise<Unlock> {
  const lock = EXCLUSIVE_LOCK[platform];
  if (lock === undefined) {
    throw unavailable(`The server cannot lock its data folder on ${platform}; it can on Linux, macOS and Windows.`);
  }
  // Without O_NONBLOCK, macOS would wait for the lock. Windows has no such flag.
  const handle = await open(path, constants.O_RDWR | constants.O_CREAT | (constants.O_NONBLOCK ?? 0) | lock);
  return () => handle.close();
}

function isTaken(error: unknown): boolean {
  return ["EADDRINUSE", "EAGAIN", "EWOULDBLOCK", "EBUSY"].includes(systemCode(error) ?? "");
}
