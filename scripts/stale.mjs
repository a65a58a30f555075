import { createHash } from "node:crypto";
import { mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { dirname, join, relative, sep } from "node:path";
import { readIfThere, root } from "./root.mjs";
import { requireWritable } from "./writable.mjs";

/**
 * A part of the program that is built again when the bytes of its inputs have changed since the last build.
 * @typedef {object} Target
 * @property {string} name
 * @property {string[]} inputs files and folders
 * @property {string} output a file that exists after a build
 * @property {string} stamp file with the fingerprint of the inputs of the last build
 * @property {(path: string) => boolean} [ignore] selects inputs that do not count, by path relative to the repository
 * @property {() => Promise<void>} build
 */

/**
 * Builds the stale targets, or all when `force` is set. The fingerprint is taken before the build, so an edit during
 * the build leads to another build.
 * @param {Target[]} targets
 * @param {{ force?: boolean }} [options]
 */
export async function buildStale(targets, { force = false } = {}) {
  for (const { name, inputs, output, stamp, ignore, build } of targets) {
    const now = await fingerprint(inputs, ignore);
    const isBuilt = (await readIfThere(output)) !== null;
    if (!force && isBuilt && (await readIfThere(stamp)) === now) continue;
    const need = isBuilt ? `The ${name} was built from other files` : `The ${name} is not built`;
    for (const file of [output, stamp]) await requireWritable(dirname(file), need);
    const started = performance.now();
    console.log(`Building the ${name}`);
    await rm(stamp, { force: true });
    await build();
    await mkdir(dirname(stamp), { recursive: true });
    await writeFile(stamp, now);
    console.log(`Built the ${name} in ${((performance.now() - started) / 1000).toFixed(1)} s`);
  }
}

/**
 * Hexadecimal SHA-256 over the names and bytes of all files in `inputs`.
 * @param {string[]} inputs
 * @param {(path: string) => boolean} [ignore]
 */
export async function fingerprint(inputs, ignore = () => false) {
  const hash = createHash("sha256");
  for (const input of inputs) {
    for (const file of await filesUnder(input, ignore)) {
      const bytes = await readFile(file);
      hash.update(`${repositoryPath(file)}\0${bytes.length}\0`).update(bytes);
    }
  }
  return hash.digest("hex");
}

/**
 * Absolute paths of all files in a folder, sorted. A file yields its own path; a path that does not exist yields none.
 * @param {string} path
 * @param {(path: string) => boolean} [ignore] of paths relative to the repository, folders included
 * @returns {Promise<string[]>}
 */
export async function filesUnder(path, ignore = () => false) {
  if (ignore(repositoryPath(path))) return [];
  let entries;
  try {
    entries = await readdir(path, { withFileTypes: true });
  } catch (error) {
    const code = error instanceof Error && "code" in error ? error.code : null;
    if (code === "ENOTDIR") return [path];
    if (code === "ENOENT") return [];
    throw error;
  }
  const found = await Promise.all(entries.map((entry) => filesUnder(join(path, entry.name), ignore)));
  return found.flat().sort();
}

/** Path relative to the repository with forward slashes. @param {string} path */
export function repositoryPath(path) {
  return relative(root, path).split(sep).join("/");
}
