import { inRoot, readIfThere } from "./root.mjs";
import { runNpm } from "./run.mjs";
import { requireWritable } from "./writable.mjs";

/**
 * @typedef {{ version?: string, integrity?: string, optional?: boolean, os?: string[], cpu?: string[] }} LockedPackage
 * @typedef {Record<string, LockedPackage>} LockedPackages by path, such as node_modules/express
 */

/**
 * Runs `npm ci` unless node_modules holds what package-lock.json asks for. The build needs the development packages, so
 * they are included whatever NODE_ENV and npm's own settings say.
 */
export async function ensureInstalled() {
  const wanted = await lockedPackages(inRoot("package-lock.json"));
  if (wanted === null) throw new Error("package-lock.json is missing");
  // npm writes this file at the end of every install, so a half-finished one has none.
  const installed = () => lockedPackages(inRoot("node_modules", ".package-lock.json"));
  const reason = reasonToInstall(wanted, await installed());
  if (reason === null) return;
  await requireWritable(inRoot("node_modules"), `Packages must be installed (${reason})`);
  console.log(`Installing packages (${reason})`);
  const code = await runNpm(["ci", "--include=dev"]);
  if (code !== 0) throw new Error(`npm ci failed with exit code ${code}`);
  const left = reasonToInstall(wanted, await installed());
  if (left !== null) throw new Error(`npm ci has finished, but ${left}`);
}

/**
 * Says why an install is needed, or null when none is. Packages that were left out because they are for other machines
 * are optional in the lock file.
 * @param {LockedPackages} wanted
 * @param {LockedPackages | null} installed
 * @param {{ platform: string, arch: string }} machine
 * @returns {string | null}
 */
export function reasonToInstall(wanted, installed, machine = process) {
  if (installed === null) return "node_modules is missing or incomplete";
  for (const [path, { version, integrity, optional }] of Object.entries(wanted)) {
    if (path === "") continue;
    const found = installed[path];
    if (found === undefined) {
      if (!optional) return `${path} is missing`;
    } else if (found.version !== version || found.integrity !== integrity) {
      return `${path} is not the version of package-lock.json`;
    }
  }
  const foreign = Object.entries(installed).find(
    ([, { os, cpu }]) => (os && !os.includes(machine.platform)) || (cpu && !cpu.includes(machine.arch)),
  );
  return foreign ? `${foreign[0]} is for another kind of machine` : null;
}

/**
 * @param {string} file
 * @returns {Promise<LockedPackages | null>} null when there is no such file or it was cut off
 */
async function lockedPackages(file) {
  const text = await readIfThere(file);
  try {
    return text === null ? null : JSON.parse(text).packages;
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    throw error;
  }
}
