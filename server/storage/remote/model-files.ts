import { createHash } from "node:crypto";
import { conflict, notFound } from "../../errors.js";
import type { StoredFile } from "../../records/shared-model.js";
import { sha256 } from "../common/digest.js";
import type { SpaceGuard } from "../common/space.js";
import { requireBytes } from "../sql/digests.js";
import { type ModelFiles, modelFilesInUse } from "../sql/shared-models.js";
import type { Candidates, ObjectKind } from "./candidates.js";
import type { ObjectStore } from "./objects.js";

const PREFIX = "models/";

/** Size of the objects that a file is stored in, bytes: small enough to be in memory, and sent within the time of a request. */
const PART_BYTES = 4 * 2 ** 20;

/** Files of models among the candidates, each `models/<SHA-256>/<number of parts>`. */
export const modelObjects: ObjectKind = {
  has: (candidate) => candidate.startsWith(PREFIX),
  keysOf(candidate) {
    const parts = Number(candidate.split("/")[2]);
    return Array.from({ length: parts }, (_, part) => keyOf(digestOf(candidate), part));
  },
  async inUse(database, candidates) {
    const used = await modelFilesInUse(database, candidates.map(digestOf));
    return new Set(candidates.filter((candidate) => used.has(digestOf(candidate))));
  },
};

export interface ObjectModelsDependencies {
  objects: ObjectStore;
  candidates: Candidates;
  space: SpaceGuard;
}

/** Files of models as objects, several for each. Those that no model names are deleted as candidates. */
export function objectModels({ objects, candidates, space }: ObjectModelsDependencies): ModelFiles {
  /** SHA-256 of the objects that this process stored for files that are not complete, by key: storing goes on after them. */
  const begun = new Map<string, string>();

  async function storePart(file: StoredFile, part: number, bytes: Uint8Array): Promise<void> {
    const key = keyOf(file.sha256, part);
    const digest = (await sha256(bytes)).toString("hex");
    // Each part begins the time of grace anew: the model is added only after the last one. First, as a part that is there
    // may be about to be deleted.
    await candidates.storing([candidateOf(file)]);
    if (begun.get(key) === digest && (await objects.size(key)) === bytes.byteLength) return;
    begun.delete(key);
    await space.storing(bytes.byteLength, () => objects.put(key, bytes));
    begun.set(key, digest);
  }

  return {
    async put(file, content) {
      const hash = createHash("sha256");
      let count = 0;
      for await (const part of inParts(content)) {
        if (++count > partsOf(file)) break;
        hash.update(part);
        await storePart(file, count - 1, part);
      }
      for (let part = 0; part < partsOf(file); part++) begun.delete(keyOf(file.sha256, part));
      if (hash.digest("hex") !== file.sha256) throw conflict("model", "The file changed while it was being stored.");
    },

    read: async (file) => stored(objects, file),

    async require(files, transaction) {
      for (const file of files) await requireBytes(transaction, candidateOf(file));
    },

    release: (files, transaction) => candidates.add(files.map(candidateOf), transaction),
  };
}

async function* stored(objects: ObjectStore, file: StoredFile): AsyncGenerator<Uint8Array> {
  for (let part = 0; part < partsOf(file); part++) {
    const bytes = await objects.get(keyOf(file.sha256, part));
    if (!bytes) throw notFound("model", "A part of its file is missing in the store.");
    yield bytes;
  }
}

/** The same bytes in parts of `PART_BYTES`; the last one is shorter. */
async function* inParts(content: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of content) {
    let rest = chunk;
    while (bytes + rest.byteLength >= PART_BYTES) {
      const taken = PART_BYTES - bytes;
      yield Buffer.concat([...chunks, rest.subarray(0, taken)]);
      rest = rest.subarray(taken);
      chunks = [];
      bytes = 0;
    }
    if (rest.byteLength > 0) chunks.push(rest);
    bytes += rest.byteLength;
  }
  if (bytes > 0) yield Buffer.concat(chunks);
}

function partsOf({ bytes }: StoredFile): number {
  return Math.ceil(bytes / PART_BYTES);
}

function keyOf(sha256: string, part: number): string {
  return `${PREFIX}${sha256}/${part}`;
}

function candidateOf(file: StoredFile): string {
  return `${PREFIX}${file.sha256}/${partsOf(file)}`;
}

function digestOf(candidate: string): string {
  return candidate.split("/")[1] ?? "";
}
