import { access, constants } from "node:fs/promises";
import { dirname } from "node:path";

const readOnlyCodes = new Set(["EACCES", "EPERM", "EROFS"]);

/**
 * Requires that something can be written at `path`, which may not exist yet.
 * @param {string} path
 * @param {string} need why it must be written, as a sentence without its end: "The studio is not built"
 * @throws {Error} with `need` and what to do
 */
export async function requireWritable(path, need) {
  for (let place = path; ; place = dirname(place)) {
    try {
      return await access(place, constants.W_OK);
    } catch (error) {
      const code = error instanceof Error && "code" in error ? String(error.code) : "";
      if (code === "ENOENT" && dirname(place) !== place) continue;
      if (!readOnlyCodes.has(code)) throw error;
      throw new Error(
        `${need}, and this user cannot write to ${place} (${code}). Run \`npm run build\` as a user who can write there, then start again.`,
      );
    }
  }
}
