import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { lstat, readFile } from "node:fs/promises";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { AtelierError, badInput, systemCode, unavailable } from "../../errors.js";
import type { StoredFile } from "../../records/shared-model.js";
import { cardInFolder, type ModelCard, parseWrittenCard, requireModelId, type WrittenCard } from "../card.js";
import { notAModel } from "../file-kind.js";
import type { ModelFacts } from "../model.js";
import { cannotBeRead, MAX_CARD_BYTES } from "../store/model-folder.js";
import type { FolderState } from "./scan.js";

/** Largest file of a model; its trial has it in memory more than once. */
export const MAX_MODEL_BYTES = 2 ** 29;
/** Largest min_size and size_multiple, px; no session is larger. */
export const MAX_SIDE = 2048;

/** Native size that is listed where no card states it, px. */
const USUAL_SIZE = 256;

/** A dropped model whose card and file passed all checks before its trial. */
export interface FoundDropIn {
  id: string;
  /** Absolute path of its file, which is beside `card.json`. */
  path: string;
  file: StoredFile;
  card: StoredFile;
}

/** What a trial needs to know about a model: its file, how pictures go in and out, and how its weights compute. */
export interface ModelToTry extends FoundDropIn, Pick<ModelCard, "architecture"> {
  form: ModelCard["translation"];
  /** Whether a user asked for another trial of a model that was refused. */
  isRetry: boolean;
}

/**
 * Runs a model once where it can do no harm, and counts its parameters.
 * @throws AtelierError UNAVAILABLE with what is wrong with it; the signal's reason when it aborts.
 */
export type TryModel = (model: ModelToTry, signal: AbortSignal) => Promise<{ parameters: number }>;

/** Trials of models that are in use, on a graphics device. */
export interface GraphicsTrial {
  /** Name of the kind of device, by which it is remembered who was tried. */
  name: string;
  /**
   * Returns false where the device could not end the trial.
   * @throws AtelierError UNAVAILABLE with what is wrong with the model; the signal's reason when it aborts.
   */
  accepts(model: ModelToTry, signal: AbortSignal): Promise<boolean>;
}

/** Reads and checks the card of a folder. @throws AtelierError with what is wrong with it. */
export async function readWrittenCard(
  directory: string,
  { name, isLink }: Pick<FolderState, "name" | "isLink">,
): Promise<{ card: WrittenCard; stored: StoredFile }> {
  if (isLink) throw unavailable("Its folder is a link; copy the folder itself.");
  requireModelId(name);
  const path = join(directory, name, "card.json");
  await requireFile(path, "card.json", MAX_CARD_BYTES);
  const bytes = await readFile(path);
  return {
    card: writtenCard(bytes, name),
    stored: { sha256: createHash("sha256").update(bytes).digest("hex"), bytes: bytes.byteLength },
  };
}

/** Reads the card of a dropped model. @throws AtelierError with what is wrong with it. */
export function writtenCard(bytes: Buffer, folder: string): WrittenCard {
  const card = cardInFolder(parseWrittenCard(bytes.toString("utf8")), folder);
  const { sizeMultiple = 1, minSize = 1 } = card.translation ?? {};
  for (const [field, value] of Object.entries({ size_multiple: sizeMultiple, min_size: minSize })) {
    if (value > MAX_SIDE) throw badInput(field, `The card's ${field} is too large.`, MAX_SIDE);
  }
  return card;
}

/**
 * Checks the file that a card names, by size and checksum.
 * @throws AtelierError with what is wrong with it; the signal's reason when it aborts.
 */
export async function checkFile(
  directory: string,
  folder: string,
  card: WrittenCard,
  signal: AbortSignal,
): Promise<{ path: string; file: StoredFile }> {
  const path = join(directory, folder, card.file);
  const bytes = await requireFile(path, card.file, MAX_MODEL_BYTES);
  const other = await kindOf(path);
  if (other !== null) throw unavailable(`Its file is ${other}.`);
  if (card.bytes !== null && bytes !== card.bytes) throw unavailable(`Its file has ${bytes} bytes instead of ${card.bytes}.`);
  const sha256 = await sha256Of(path, signal);
  if (card.sha256 !== null && sha256 !== card.sha256)
    throw unavailable("Its file is not the one that the card describes: the checksum differs.");
  return { path, file: { sha256, bytes } };
}

/** Properties that are listed for a folder that was refused. */
export function factsOfRefused(id: string, name: string, card: WrittenCard | null): ModelFacts {
  const unknown = {
    title: name,
    task: "TRANSLATION",
    family: "OTHER",
    size: USUAL_SIZE,
    licence: "not stated",
    source: "not stated",
  } as const;
  return {
    ...(card ?? { ...unknown, architecture: null, translation: null, takes: null }),
    id,
    bytes: card?.bytes ?? 0,
    parameters: card?.parameters ?? 0,
  };
}

/**
 * Size of a file in bytes.
 * @throws AtelierError when there is no such file, when it is a link, or when it is too large.
 */
async function requireFile(path: string, name: string, maxBytes: number): Promise<number> {
  try {
    const found = await lstat(path);
    if (found.isSymbolicLink()) throw unavailable(`${name} is a link; the file itself must be in the folder.`);
    if (!found.isFile()) throw unavailable(`${name} is not a file.`);
    if (found.size > maxBytes) throw unavailable(`${name} has ${found.size} bytes; at most ${maxBytes} are accepted.`);
    return found.size;
  } catch (error) {
    if (error instanceof AtelierError) throw error;
    throw unavailable(systemCode(error) === "ENOENT" ? `There is no ${name} in its folder.` : cannotBeRead(name, error));
  }
}

async function kindOf(path: string): Promise<string | null> {
  try {
    return await notAModel(path);
  } catch (error) {
    throw unavailable(cannotBeRead("Its file", error));
  }
}

/** SHA-256 of a model's file. @throws AtelierError UNAVAILABLE for one that cannot be read; the signal's reason. */
export async function sha256Of(path: string, signal: AbortSignal): Promise<string> {
  const hash = createHash("sha256");
  try {
    await pipeline(createReadStream(path), hash, { signal });
  } catch (error) {
    signal.throwIfAborted();
    throw unavailable(cannotBeRead("Its file", error));
  }
  return hash.digest("hex");
}
