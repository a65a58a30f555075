import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

/** Folder of server/ and models/ as they run: the repository, or dist/ where they were built. */
export const codeFolder = fileURLToPath(new URL("..", import.meta.url));

/** The repository. */
export const rootFolder = existsSync(join(codeFolder, "package.json")) ? codeFolder : dirname(join(codeFolder, "."));

/** Of the package. */
export function packageVersion(): string {
  const { version } = JSON.parse(readFileSync(join(rootFolder, "package.json"), "utf8")) as { version: string };
  return version;
}
