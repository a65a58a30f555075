import { createHash } from "node:crypto";
import { rm } from "node:fs/promises";
import { connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

/**
 * Does `work` while no other process of this machine does work under the same name. The lock is a socket that the
 * holder listens on, so it dies with its holder and no stale lock is ever left: whoever waits is connected to it, and
 * the connection ends when the holder has finished or died.
 * @template Result
 * @param {string} name
 * @param {() => void} onWait called once when another process holds the lock
 * @param {() => Promise<Result>} work
 * @returns {Promise<Result>}
 */
export async function withLock(name, onWait, work) {
  const release = await acquire(lockAddress(name), onWait);
  try {
    return await work();
  } finally {
    await release();
  }
}

/**
 * Abstract sockets on Linux and named pipes on Windows vanish with their process; elsewhere it is a socket file, which
 * stays behind but refuses connections once its process is dead.
 * @param {string} name
 */
function lockAddress(name) {
  const id = `atelier-${createHash("sha256").update(name).digest("hex").slice(0, 16)}`;
  if (process.platform === "linux") return `\0${id}`;
  if (process.platform === "win32") return `\\\\.\\pipe\\${id}`;
  return join(tmpdir(), `${id}.sock`);
}

/**
 * @param {string} address
 * @param {() => void} onWait
 */
async function acquire(address, onWait) {
  let told = false;
  for (;;) {
    const release = await tryListen(address);
    if (release) return release;
    const holderWasDead = await untilGone(address, () => {
      if (!told) onWait();
      told = true;
    });
    if (holderWasDead && process.platform !== "linux" && process.platform !== "win32") await rm(address, { force: true });
  }
}

/**
 * Answers how to release the lock, or null when somebody holds it.
 * @param {string} address
 * @returns {Promise<(() => Promise<void>) | null>}
 */
function tryListen(address) {
  return new Promise((resolve, reject) => {
    /** @type {Set<import("node:net").Socket>} */
    const waiting = new Set();
    const server = createServer((socket) => {
      waiting.add(socket);
      // A waiter that dies resets its connection.
      socket.on("error", () => socket.destroy());
      socket.on("close", () => waiting.delete(socket));
    });
    const release = () =>
      new Promise((/** @type {(value: void) => void} */ done) => {
        server.close(() => done());
        for (const socket of waiting) socket.destroy();
      });
    server.once("error", (/** @type {NodeJS.ErrnoException} */ error) => {
      if (error.code === "EADDRINUSE") resolve(null);
      else reject(error);
    });
    server.listen(address, () => resolve(release));
  });
}

/**
 * Waits until the holder is gone; true when nobody listened in the first place.
 * @param {string} address
 * @param {() => void} onConnected
 * @returns {Promise<boolean>}
 */
function untilGone(address, onConnected) {
  return new Promise((resolve) => {
    let connected = false;
    const socket = connect(address, () => {
      connected = true;
      onConnected();
    });
    // Whatever the error was, the answer is to try for the lock again.
    socket.on("error", () => socket.destroy());
    socket.on("close", () => resolve(!connected));
  });
}
