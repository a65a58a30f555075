import { spawn } from "node:child_process";
import { readFile } from "node:fs/promises";
import { basename } from "node:path";
import { inRoot, root } from "./root.mjs";

/** @type {NodeJS.Signals[]} */
const forwarded = ["SIGINT", "SIGTERM", "SIGHUP"];

/** Time that a command has to end after a signal before it is killed, ms. npm ignores signals while it installs. */
const GRACE_MS = 3000;

/**
 * Runs a command in the repository on this terminal, and resolves to its exit code. Signals to this process are
 * forwarded to the command; after the command has ended, this process ends by the same signal.
 * @param {string} command
 * @param {string[]} args
 * @param {{ env?: NodeJS.ProcessEnv, shell?: boolean }} [options]
 * @returns {Promise<number>}
 */
export function run(command, args, options = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd: root, stdio: "inherit", ...options });
    /** @type {NodeJS.Signals | null} */
    let received = null;
    /** @param {NodeJS.Signals} signal */
    const forward = (signal) => {
      if (received === null) setTimeout(() => child.kill("SIGKILL"), GRACE_MS).unref();
      received = signal;
      child.kill(signal);
    };
    for (const signal of forwarded) process.on(signal, forward);
    child.once("error", reject);
    child.once("close", (code) => {
      for (const signal of forwarded) process.off(signal, forward);
      if (received !== null) process.kill(process.pid, received);
      else resolve(code ?? 1);
    });
  });
}

/**
 * Runs npm. Where npm started this process, `npm_execpath` names npm's own script, and no shell is needed.
 * @param {string[]} args
 */
export function runNpm(args) {
  const script = process.env.npm_execpath;
  if (script && basename(script) === "npm-cli.js") return run(process.execPath, [script, ...args]);
  // Node refuses to spawn .cmd files without a shell.
  return process.platform === "win32" ? run("npm.cmd", args, { shell: true }) : run("npm", args);
}

/**
 * Runs the first command-line program of an installed package with this Node, without the shell wrappers in .bin.
 * @param {string} packageName
 * @param {string[]} args
 * @param {NodeJS.ProcessEnv} [env]
 */
export async function runTool(packageName, args, env = process.env) {
  const manifest = JSON.parse(await readFile(inRoot("node_modules", packageName, "package.json"), "utf8"));
  const script = typeof manifest.bin === "string" ? manifest.bin : String(Object.values(manifest.bin)[0]);
  return run(process.execPath, [inRoot("node_modules", packageName, script), ...args], { env });
}
