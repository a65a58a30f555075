import { constants } from "node:fs";
import { access, cp, mkdir, open, readdir, rename, stat } from "node:fs/promises";
import { createServer } from "node:net";
import { basename, dirname, join, resolve, sep } from "node:path";
import { root } from "./root.mjs";

/** Entries of a data folder that no backup needs: finished exports, reserved space, and the lock of systems that lock a file. */
const LEFT_OUT = ["exports", "reserve", "lock"];

/** Folders within `blobs/` and `checkpoints/` whose files are half written or swept. */
const SCRATCH = ["drafts", "trash"];

/** Why a copy was refused; the message is for the operator. */
export class CopyError extends Error {}

/**
 * The data folder of the server and the folder that the command line names, relative to where npm was called.
 * @param {string} usage
 */
export function foldersOfCommand(usage) {
  const [folder, ...more] = process.argv.slice(2);
  if (folder === undefined || more.length > 0) throw new CopyError(usage);
  const data = resolve(root, process.env.ATELIER_DATA || "data");
  return { data, folder: resolve(process.env.INIT_CWD ?? process.cwd(), folder) };
}

/**
 * Copies a data folder that no server uses into a new folder. The database is copied last and put in place at once, so
 * a copy that was cut off has none and cannot be mistaken for a whole one.
 * @param {string} from
 * @param {string} to
 */
export async function copyData(from, to) {
  if (`${to}${sep}`.startsWith(`${from}${sep}`) || `${from}${sep}`.startsWith(`${to}${sep}`)) {
    throw new CopyError(`${to} and ${from} must not contain each other.`);
  }
  if (!(await isThere(join(from, "database", "PG_VERSION")))) throw new CopyError(`${from} holds no data of Atelier.`);
  await mkdir(to, { recursive: true });
  if ((await readdir(to)).some((name) => !LEFT_OUT.includes(name))) {
    throw new CopyError(`${to} is not empty. Name another folder, or move its content away.`);
  }
  const unlock = [await lock(from), await lock(to)];
  try {
    for (const name of await readdir(from)) {
      if (LEFT_OUT.includes(name) || name === "database") continue;
      await cp(join(from, name), join(to, name), { recursive: true, filter: (path) => !isScratch(from, path) });
    }
    const draft = join(to, "database.draft");
    await cp(join(from, "database"), draft, { recursive: true });
    await rename(draft, join(to, "database"));
  } finally {
    for (const release of unlock) await release();
  }
}

/**
 * Runs a command: prints its last line, or why it was refused.
 * @param {() => Promise<string>} command
 */
export async function runCommand(command) {
  try {
    console.log(await command());
  } catch (error) {
    console.error(error instanceof CopyError ? error.message : error);
    process.exitCode = 1;
  }
}

/** @param {string} data @param {string} path */
function isScratch(data, path) {
  return SCRATCH.includes(basename(path)) && dirname(dirname(path)) === data;
}

/** @param {string} path */
async function isThere(path) {
  try {
    await access(path);
    return true;
  } catch {
    // A path that cannot be read cannot be copied either.
    return false;
  }
}

/**
 * Takes the lock of a server like server/storage/embedded/lock.ts, which needs `node_modules` and a build. Returns the
 * function that releases it.
 * @param {string} folder
 * @returns {Promise<() => Promise<void>>}
 */
async function lock(folder) {
  try {
    return process.platform === "linux" ? await lockByName(folder) : await lockFile(folder);
  } catch (error) {
    const code = error instanceof Error && "code" in error ? String(error.code) : "";
    if (!["EADDRINUSE", "EAGAIN", "EWOULDBLOCK", "EBUSY"].includes(code)) throw error;
    throw new CopyError(`A server uses ${folder}. Stop it first.`);
  }
}

/** @param {string} folder @returns {Promise<() => Promise<void>>} */
async function lockByName(folder) {
  const { dev, ino } = await stat(folder, { bigint: true });
  return new Promise((resolve, reject) => {
    const server = createServer((socket) => socket.destroy());
    server.once("error", reject);
    server.listen(`\0atelier-data-${dev}-${ino}`, () => resolve(() => new Promise((done) => server.close(() => done()))));
  });
}

/** @param {string} folder */
async function lockFile(folder) {
  const exclusive = process.platform === "win32" ? 0x10000000 : 0x20;
  const handle = await open(join(folder, "lock"), constants.O_RDWR | constants.O_CREAT | (constants.O_NONBLOCK ?? 0) | exclusive);
  return () => handle.close();
}
