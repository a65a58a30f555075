import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

/** Folder that holds the running server/: the repository, or dist/ in a built server. */
const codeFolder = fileURLToPath(new URL("..", import.meta.url));

/** Root folder of the repository. */
export const rootFolder = existsSync(join(codeFolder, "package.json")) ? codeFolder : dirname(join(codeFolder, "."));

/** Version in package.json. */
export function packageVersion(): string {
  const { version } = JSON.parse(readFileSync(join(rootFolder, "package.json"), "utf8")) as { version: string };
  return version;
}
