import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** Absolute path of the repository. */
export const root = fileURLToPath(new URL("..", import.meta.url));

/** Absolute path of a file or folder in the repository. @param {string[]} parts */
export function inRoot(...parts) {
  return join(root, ...parts);
}
