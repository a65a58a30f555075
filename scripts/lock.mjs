import { createHash } from "node:crypto";
import { rm } from "node:fs/promises";
import { connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

/**
 * Runs `work` while no other process of this machine runs work under the same name. The lock is a socket on which its
 * holder listens, so it ends with its holder and never becomes stale. Waiting processes are connected to the socket;
 * the connection ends when the holder finishes or dies.
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
 * Address of the socket. Abstract sockets on Linux and named pipes on Windows vanish with their process. Elsewhere the
 * socket is a file, which stays behind and refuses connections after its process has ended.
 * @param {string} name
 */
function lockAddress(name) {
  const id = `atelier-${createHash("sha256").update(name).digest("hex").slice(0, 16)}`;
  if (process.platform === "linux") return `\0${id}`;
  if (process.platform === "win32") return `\\\\.\\pipe\\${id}`;
  return join(tmpdir(), `${id}.sock`);
}

/**
 * Waits for the lock and returns a function that releases it.
 * @param {string} address
 * @param {() => void} onWait
 */
async function acquire(address, onWait) {
  let waited = false;
  for (;;) {
    const release = await tryListen(address);
    if (release) return release;
    const holderWasDead = await untilGone(address, () => {
      if (!waited) onWait();
      waited = true;
    });
    if (holderWasDead && process.platform !== "linux" && process.platform !== "win32") await rm(address, { force: true });
  }
}

/**
 * Resolves to a function that releases the lock, or to null when another process holds the lock.
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
 * Waits until the holder is gone. Resolves to true when no process listened in the first place.
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
    // After any error the lock is tried again.
    socket.on("error", () => socket.destroy());
    socket.on("close", () => resolve(!connected));
  });
}
