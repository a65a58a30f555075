import { open } from "node:fs/promises";
import { buffer } from "node:stream/consumers";
import { notFound } from "../../errors.js";
import type { ExportRecord } from "../../records/film.js";
import type { SpaceGuard } from "../common/space.js";
import { type FilmFiles, finishedFilms } from "../sql/films.js";
import type { Candidates, ObjectKind } from "./candidates.js";
import type { ObjectStore } from "./objects.js";

const PREFIX = "films/";

/**
 * Size of the objects that the file of a film is stored in, bytes: small enough to be sent within the time of a request and
 * to be read for a range.
 */
const PART_BYTES = 4 * 2 ** 20;

/** Films among the candidates, each `films/<id>/<number of parts>`. */
export const filmObjects: ObjectKind = {
  has: (candidate) => candidate.startsWith(PREFIX),
  keysOf(candidate) {
    const [, id = "", parts] = candidate.split("/");
    return Array.from({ length: Number(parts) }, (_, part) => keyOf(id, part));
  },
  async inUse(database, candidates) {
    const idOf = (candidate: string) => candidate.split("/")[1] ?? "";
    const finished = await finishedFilms(database, candidates.map(idOf));
    return new Set(candidates.filter((candidate) => finished.has(idOf(candidate))));
  },
};

export interface ObjectFilmsDependencies {
  objects: ObjectStore;
  candidates: Candidates;
  space: SpaceGuard;
  /** Whether there is no time of grace, so that a deletion need not wait for the next sweep. */
  atOnce: boolean;
}

/** Finished films as objects, several for each. Those without a finished film are deleted as candidates. */
export function objectFilms({ objects, candidates, space, atOnce }: ObjectFilmsDependencies): FilmFiles {
  return {
    async put(film, path) {
      const file = await open(path);
      try {
        const { size } = await file.stat();
        for (let start = 0; start < size; start += PART_BYTES) {
          const end = Math.min(start + PART_BYTES, size) - 1;
          const bytes = await buffer(file.createReadStream({ start, end, autoClose: false }));
          await space.storing(bytes.byteLength, async () => {
            // Each part begins the time of grace anew: the film is finished only after the last one.
            await candidates.add([candidateOf(film, size)]);
            await objects.put(keyOf(film.id, start / PART_BYTES), bytes);
          });
        }
        return size;
      } finally {
        await file.close();
      }
    },

    read: async ({ id }, from, to) => partsOf(objects, id, from, to),

    release: (films, transaction) => candidates.add(films.map(candidateOfStored), transaction),

    async remove(films) {
      if (atOnce) for (const film of films) await candidates.sweep(candidateOfStored(film));
    },
  };
}

async function* partsOf(objects: ObjectStore, id: string, from: number, to: number): AsyncGenerator<Uint8Array> {
  for (let part = Math.floor(from / PART_BYTES); part * PART_BYTES <= to; part++) {
    const bytes = await objects.get(keyOf(id, part));
    if (!bytes) throw notFound("id", "The file of this film is missing.");
    const start = part * PART_BYTES;
    yield bytes.subarray(Math.max(0, from - start), to - start + 1);
  }
}

function keyOf(id: string, part: number): string {
  return `${PREFIX}${id}/${part}`;
}

function candidateOf({ id }: ExportRecord, byteLength: number): string {
  return `${PREFIX}${id}/${Math.ceil(byteLength / PART_BYTES)}`;
}

function candidateOfStored(film: ExportRecord): string {
  return candidateOf(film, film.bytes ?? 0);
}
