import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

/** Folder that holds server/ as it runs: the repository, or dist/ where it was built. */
const codeFolder = fileURLToPath(new URL("..", import.meta.url));

/** The repository. */
export const rootFolder = existsSync(join(codeFolder, "package.json")) ? codeFolder : dirname(join(codeFolder, "."));

/** Of the package. */
export function packageVersion(): string {
  const { version } = JSON.parse(readFileSync(join(rootFolder, "package.json"), "utf8")) as { version: string };
  return version;
}
