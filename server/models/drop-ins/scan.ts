import { lstat, readdir } from "node:fs/promises";
import { join } from "node:path";
import { systemCode, unavailable } from "../../errors.js";
import { cannotBeRead } from "../store/model-folder.js";

/** A folder as a scan found it. */
export interface FolderState {
  readonly name: string;
  /** Changes when any file directly in the folder appears, disappears or is written; empty for an empty folder. */
  readonly fingerprint: string;
  readonly files: readonly string[];
  /** Whether the folder is a link. */
  readonly isLink: boolean;
}

/**
 * The folders in a directory and the links to folders, sorted by name; empty where there is no directory.
 * @throws AtelierError UNAVAILABLE when it cannot be read.
 */
export async function scanFolders(directory: string): Promise<FolderState[]> {
  try {
    const found = await readdir(directory, { withFileTypes: true });
    const folders = found.filter((entry) => (entry.isDirectory() || entry.isSymbolicLink()) && !entry.name.startsWith("."));
    const states = await Promise.all(folders.map((entry) => scanFolder(directory, entry.name, entry.isSymbolicLink())));
    return states.filter((state) => state !== null).sort((a, b) => (a.name < b.name ? -1 : 1));
  } catch (error) {
    if (systemCode(error) === "ENOENT") return [];
    throw unavailable(cannotBeRead("The folder of models", error), { cause: error });
  }
}

/** Null for a folder that disappeared. A link is not followed. */
async function scanFolder(directory: string, name: string, isLink: boolean): Promise<FolderState | null> {
  if (isLink) return { name, fingerprint: "link", files: [], isLink };
  try {
    const files = (await readdir(join(directory, name))).sort();
    const stamps = await Promise.all(
      files.map(async (file) => {
        const { size, mtimeMs, ino } = await lstat(join(directory, name, file));
        return `${file} ${size} ${mtimeMs} ${ino}`;
      }),
    );
    return { name, fingerprint: stamps.join("\n"), files, isLink };
  } catch (error) {
    const code = systemCode(error);
    // A file disappeared while its folder was listed; the next scan sees the folder again.
    return code === "ENOENT" ? null : { name, fingerprint: code ?? "unknown error", files: [], isLink };
  }
}
