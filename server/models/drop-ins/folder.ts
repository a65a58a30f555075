import { lstat, readdir } from "node:fs/promises";
import { join } from "node:path";
import { AtelierError } from "../../errors.js";

/** A folder as it was found. */
export interface FolderState {
  readonly name: string;
  /** Differs when any file directly in the folder came, went or was written. */
  readonly fingerprint: string;
  readonly files: readonly string[];
  /** The folder is a link to another one. */
  readonly isLink: boolean;
}

/**
 * What lies in a directory that is or stands for a folder, sorted by name; nothing where it is gone.
 * @throws AtelierError UNAVAILABLE when it cannot be read.
 */
export async function lookInto(directory: string): Promise<FolderState[]> {
  try {
    const found = await readdir(directory, { withFileTypes: true });
    const folders = found.filter((entry) => (entry.isDirectory() || entry.isSymbolicLink()) && !entry.name.startsWith("."));
    const states = await Promise.all(folders.map((entry) => lookAt(directory, entry.name, entry.isSymbolicLink())));
    return states.filter((state) => state !== null).sort((a, b) => (a.name < b.name ? -1 : 1));
  } catch (error) {
    if (codeOf(error) === "ENOENT") return [];
    throw new AtelierError("UNAVAILABLE", `The folder of models cannot be read (${codeOf(error)}).`, {}, { cause: error });
  }
}

/** Null for a folder that has gone meanwhile. A link is not followed. */
async function lookAt(directory: string, name: string, isLink: boolean): Promise<FolderState | null> {
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
    const code = codeOf(error);
    // A file that went while its folder was listed: the folder is looked at again soon.
    return code === "ENOENT" ? null : { name, fingerprint: code, files: [], isLink };
  }
}

/** The system's name of an error. */
export function codeOf(error: unknown): string {
  return error instanceof Error && "code" in error ? String(error.code) : "unknown error";
}
