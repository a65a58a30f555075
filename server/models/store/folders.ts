import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { readdir, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { AtelierError } from "../../errors.js";
import { modelId, parseCard } from "../card.js";
import type { ModelFile } from "../model.js";

/** No card is longer. */
export const MAX_CARD_BYTES = 1_000_000;

/** A model in a folder; `failure` says why its file is of no use, or is null. */
export interface FoundModel extends ModelFile {
  failure: string | null;
}

/**
 * Names of the folders in a directory, sorted. @throws AtelierError UNAVAILABLE when it cannot be read.
 */
export async function foldersIn(directory: string): Promise<string[]> {
  try {
    const found = await readdir(directory, { withFileTypes: true });
    return found
      .filter((entry) => entry.isDirectory() || entry.isSymbolicLink())
      .map(({ name }) => name)
      .sort();
  } catch (error) {
    throw new AtelierError("UNAVAILABLE", `The folder of models cannot be read (${errorCode(error)}).`, {}, { cause: error });
  }
}

/**
 * The model in a folder; null for a folder without a card or with one that is left out on purpose.
 * @throws AtelierError BAD_INPUT when the card is not understood or not of this folder, UNAVAILABLE when it cannot be read.
 */
export async function readModel(directory: string, folder: string): Promise<FoundModel | null> {
  const text = await readCard(join(directory, folder, "card.json"));
  if (text === null) return null;
  const card = parseCard(text);
  if (!card) return null;
  if (card.id !== modelId(folder)) {
    throw new AtelierError("BAD_INPUT", `The card is of ${card.id}, which is not its folder's name.`, { field: "id" });
  }
  const path = join(directory, folder, card.file);
  return { card, path, failure: await sizeFailure(path, card.bytes) };
}

/**
 * Compares a model's file with its card's checksum; answers what is wrong, or null.
 * @throws AtelierError UNAVAILABLE when it cannot be read now.
 */
export async function checksumFailure({ card, path }: ModelFile): Promise<string | null> {
  const hash = createHash("sha256");
  try {
    await pipeline(createReadStream(path), hash);
  } catch (error) {
    const reason = `The file of the model ${card.id} cannot be read (${errorCode(error)}).`;
    throw new AtelierError("UNAVAILABLE", reason, { field: "model" }, { cause: error });
  }
  return hash.digest("hex") === card.sha256 ? null : "Its file is damaged: the checksum differs.";
}

async function readCard(path: string): Promise<string | null> {
  try {
    if ((await stat(path)).size > MAX_CARD_BYTES) throw new AtelierError("BAD_INPUT", "The card is too large.", { limit: MAX_CARD_BYTES });
    return await readFile(path, "utf8");
  } catch (error) {
    const code = errorCode(error);
    if (code === "ENOENT" || code === "ENOTDIR") return null;
    if (error instanceof AtelierError) throw error;
    throw new AtelierError("UNAVAILABLE", `The card cannot be read (${code}).`, {}, { cause: error });
  }
}

async function sizeFailure(path: string, bytes: number): Promise<string | null> {
  try {
    const { size } = await stat(path);
    return size === bytes ? null : `Its file has ${size} bytes instead of ${bytes}.`;
  } catch (error) {
    return `Its file cannot be read (${errorCode(error)}).`;
  }
}

function errorCode(error: unknown): string {
  return error instanceof Error && "code" in error ? String(error.code) : "unknown error";
}
