import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** Absolute path of the repository. */
export const root = fileURLToPath(new URL("..", import.meta.url));

/** Absolute path of a file or folder in the repository. @param {string[]} parts */
export function inRoot(...parts) {
  return join(root, ...parts);
}

/** Reads a text file; null when it does not exist. @param {string} file @returns {Promise<string | null>} */
export async function readIfThere(file) {
  try {
    return await readFile(file, "utf8");
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return null;
    throw error;
  }
}
