import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { readdir, readFile, realpath, rename, stat, writeFile } from "node:fs/promises";
import { join, sep } from "node:path";
import { pipeline } from "node:stream/promises";
import { AtelierError, badInput, systemCode, unavailable } from "../../errors.js";
import { cardInFolder, parseCard } from "../card.js";
import { notAModel } from "../file-kind.js";
import type { ModelFile } from "../model.js";

/** Largest `card.json` that is read. */
export const MAX_CARD_BYTES = 1_000_000;

/** A model that was found in a folder; `failure` says why its file cannot be used, or is null. */
export interface FoundModel extends ModelFile {
  failure: string | null;
}

/** Pictures that may lie in a model's folder: what the model made of an example, and a sheet of what it can do. */
const pictureNames = {
  preview: ["reference/output.webp", "reference/output.png", "reference/output.jpg"],
  sheet: ["sheet.webp", "sheet.png", "sheet.jpg"],
} as const;

export type ModelPictureKind = keyof typeof pictureNames;

/** Names of the folders in a directory, sorted. @throws AtelierError UNAVAILABLE when it cannot be read. */
export async function foldersIn(directory: string): Promise<string[]> {
  try {
    const found = await readdir(directory, { withFileTypes: true });
    return found
      .filter((entry) => entry.isDirectory() || entry.isSymbolicLink())
      .map(({ name }) => name)
      .sort();
  } catch (error) {
    throw unavailable(cannotBeRead("The folder of models", error), { cause: error });
  }
}

/**
 * The model in a folder; null for a folder without a card, or with a card whose kind is not supported.
 * @throws AtelierError BAD_INPUT when the card is not valid or has another id than the folder, UNAVAILABLE when it
 * cannot be read.
 */
export async function readModel(directory: string, folder: string): Promise<FoundModel | null> {
  const text = await readCard(join(directory, folder, "card.json"));
  if (text === null) return null;
  const written = parseCard(text);
  if (!written) return null;
  const card = cardInFolder(written, folder);
  const path = join(directory, folder, card.file);
  return { card, path, failure: await sizeFailure(path, card.bytes) };
}

/** Whether the store has filled a folder, or begun to, with the model `id`; its card, which comes last, then has this id. */
export async function isDownloadOf(directory: string, folder: string, id: string): Promise<boolean> {
  const path = join(directory, folder);
  try {
    const text = await readCard(join(path, "card.json"));
    return text === null ? (await readdir(path)).length > 0 : parseCard(text)?.id === id;
  } catch (error) {
    if (isMissing(error) || (error instanceof AtelierError && error.code === "BAD_INPUT")) return false;
    throw error;
  }
}

/**
 * Compares a model's file with its card's checksum. Returns what is wrong, or null.
 * @throws AtelierError UNAVAILABLE when it cannot be read now.
 */
export async function checksumFailure({ card, path }: ModelFile): Promise<string | null> {
  const hash = createHash("sha256");
  try {
    await pipeline(createReadStream(path), hash);
    if (hash.digest("hex") === card.sha256) return null;
    const kind = await notAModel(path);
    return kind === null ? "Its file is damaged: the checksum differs." : `Its file is ${kind}.`;
  } catch (error) {
    throw unavailable(cannotBeRead(`The file of the model ${card.id}`, error), { field: "model", cause: error });
  }
}

/** Writes a card atomically. A folder with a card counts as a model, so the card is written last. */
export async function writeCard(folder: string, text: string): Promise<void> {
  const path = join(folder, "card.json");
  await writeFile(`${path}.partial`, text);
  await rename(`${path}.partial`, path);
}

/**
 * Path of a picture in a model's folder; null where there is none, or where it is a link that leads out of the folder.
 */
export async function pictureIn(folder: string, kind: ModelPictureKind): Promise<string | null> {
  for (const name of pictureNames[kind]) {
    const path = join(folder, name);
    try {
      const [realFolder, realPicture] = await Promise.all([realpath(folder), realpath(path)]);
      if (realPicture.startsWith(realFolder + sep)) return path;
    } catch (error) {
      if (!isMissing(error)) throw error;
    }
  }
  return null;
}

/** The message for a file or folder that cannot be read, without its path. */
export function cannotBeRead(what: string, error: unknown): string {
  return `${what} cannot be read (${systemCode(error) ?? "unknown error"}).`;
}

/** An error's message with what is allowed, for the list of models and the operator. */
export function messageWithLimit({ message, detail: { limit } }: AtelierError): string {
  return limit === undefined ? message : `${message} Allowed: ${limit}.`;
}

async function readCard(path: string): Promise<string | null> {
  try {
    if ((await stat(path)).size > MAX_CARD_BYTES)
      throw badInput("card", `The card may have at most ${MAX_CARD_BYTES} bytes.`, MAX_CARD_BYTES);
    return await readFile(path, "utf8");
  } catch (error) {
    if (isMissing(error)) return null;
    if (error instanceof AtelierError) throw error;
    throw unavailable(cannotBeRead("The card", error), { cause: error });
  }
}

async function sizeFailure(path: string, bytes: number): Promise<string | null> {
  try {
    const { size } = await stat(path);
    if (size === bytes) return null;
    const kind = await notAModel(path);
    return kind === null ? `Its file has ${size} bytes instead of ${bytes}.` : `Its file is ${kind}.`;
  } catch (error) {
    return cannotBeRead("Its file", error);
  }
}

/** Whether an error means that there is no such file or folder. */
export function isMissing(error: unknown): boolean {
  const code = systemCode(error);
  return code === "ENOENT" || code === "ENOTDIR";
}
