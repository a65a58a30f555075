import { realpath } from "node:fs/promises";
import { join, sep } from "node:path";

/** Pictures that may lie in a model's folder: what the network made of an example, and a sheet of what it can do. */
const names = {
  preview: ["reference/output.webp", "reference/output.png", "reference/output.jpg"],
  sheet: ["sheet.webp", "sheet.png", "sheet.jpg"],
} as const;

export type ModelPictureKind = keyof typeof names;

/** Path of a picture in a model's folder; null where it has none, or a link that leads out of the folder. */
export async function pictureIn(folder: string, kind: ModelPictureKind): Promise<string | null> {
  for (const name of names[kind]) {
    const path = join(folder, name);
    try {
      const [home, found] = await Promise.all([realpath(folder), realpath(path)]);
      if (found.startsWith(home + sep)) return path;
    } catch (error) {
      const code = error instanceof Error && "code" in error ? error.code : null;
      if (code !== "ENOENT" && code !== "ENOTDIR") throw error;
    }
  }
  return null;
}
