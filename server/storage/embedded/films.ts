import { mkdir, open, readdir, rename, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { eq, inArray } from "drizzle-orm";
import { notFound } from "../../errors.js";
import { type ExportRecord, filmTypes } from "../../records/film.js";
import { storageError, unlessMissing } from "../common/files.js";
import type { Database } from "../sql/database.js";
import type { FilmFiles } from "../sql/films.js";
import { films } from "../sql/schema.js";

/**
 * Finished films as files in a folder. Rows and files that have lost each other are deleted first: those of a server that was
 * killed, and the rows of a backup, which leaves out films.
 */
export async function openFolderFilms(folder: string, database: Database): Promise<FilmFiles> {
  const pathOf = (film: Pick<ExportRecord, "id" | "settings">) => join(folder, nameOf(film));
  await mkdir(folder, { recursive: true });
  await reconcile(folder, database);

  return {
    async put(film, path) {
      try {
        const { size } = await stat(path);
        await rename(path, pathOf(film));
        return size;
      } catch (error) {
        throw storageError(error);
      }
    },

    async read(film, from, to) {
      const file = await unlessMissing(open(pathOf(film)));
      if (!file) throw notFound("id", "The file of this film is missing.");
      return file.createReadStream({ start: from, end: to });
    },

    release: async () => undefined,

    async remove(gone) {
      for (const film of gone) await rm(pathOf(film), { force: true });
    },
  };
}

function nameOf({ id, settings }: Pick<ExportRecord, "id" | "settings">): string {
  return `${id}.${filmTypes[settings.format].extension}`;
}

async function reconcile(folder: string, database: Database): Promise<void> {
  const rows = await database.select({ id: films.id, settings: films.settings }).from(films).where(eq(films.state, "COMPLETED"));
  const entries = await readdir(folder, { withFileTypes: true });
  const names = new Set(entries.filter((entry) => entry.isFile()).map(({ name }) => name));
  const known = new Set(rows.map(nameOf));
  for (const name of names) if (!known.has(name)) await rm(join(folder, name), { force: true });
  const lost = rows.filter((row) => !names.has(nameOf(row))).map(({ id }) => id);
  if (lost.length > 0) await database.delete(films).where(inArray(films.id, lost));
}
