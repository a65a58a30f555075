import { rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { AtelierError } from "../../errors.js";
import { type ModelCard, modelId, parseCard } from "../card.js";
import { bytesOf, requireRoom } from "./disk.js";
import { download, unavailable } from "./download.js";
import { MAX_CARD_BYTES } from "./folders.js";
import { fetchText, TransferError, type TransferLimits } from "./http.js";
import type { FetchOptions, ModelSource } from "./source.js";

/** Folders that a mirror at an address is asked for, as HTTP has no listing: the public networks that are known to work here. */
const folders = [
  "vgg19",
  "cyclegan-horse2zebra",
  "pix2pix-edges2cats",
  "pix2pix-edges2shoes",
  "pix2pix-facades",
  "fast-style-candy",
  "fast-style-mosaic",
  "fast-style-pointilism",
  "fast-style-rain_princess",
  "fast-style-udnie",
];

/** By the id of the model in them. */
export const mirroredFolders: ReadonlyMap<string, string> = new Map(folders.map((folder) => [modelId(folder) ?? folder, folder]));

/** Longest wait for a card, ms, and tries: somebody may be waiting to hear whether there is such a model. */
const CARD_STALL_MS = 10_000;
const CARD_ATTEMPTS = 3;

/**
 * The model in a folder of a mirror; null when the mirror has none there.
 * @throws AtelierError BAD_INPUT for a card that is not understood, UNAVAILABLE when the mirror cannot be asked.
 */
export async function mirrorSource(mirror: URL, folder: string, limits: TransferLimits, signal: AbortSignal): Promise<ModelSource | null> {
  const address = new URL(`${folder}/`, mirror);
  const text = await cardText(new URL("card.json", address), limits, signal);
  if (text === null) return null;
  const card = parseCard(text);
  if (!card) return null;
  if (card.id !== modelId(folder)) throw new AtelierError("BAD_INPUT", `The card in ${folder} is of ${card.id}.`, { field: "id" });
  return { facts: card, fetch: (options) => fetchMirrored(address, card, text, limits, options) };
}

async function fetchMirrored(
  address: URL,
  card: ModelCard,
  text: string,
  limits: TransferLimits,
  { folder, signal, progress }: FetchOptions,
): Promise<void> {
  const { file, bytes, sha256 } = card;
  await requireRoom(folder, bytes - (await bytesOf(join(folder, file))));
  await download({
    url: new URL(file, address),
    path: join(folder, file),
    bytes,
    checksum: { algorithm: "sha256", digest: sha256 },
    signal,
    progress: (received) => progress(received / bytes),
    limits,
  });
  await writeCard(folder, text);
}

/** A folder with a card is a model, so the card comes last and at once. */
export async function writeCard(folder: string, text: string): Promise<void> {
  const path = join(folder, "card.json");
  await writeFile(`${path}.partial`, text);
  await rename(`${path}.partial`, path);
}

async function cardText(url: URL, limits: TransferLimits, signal: AbortSignal): Promise<string | null> {
  for (let failures = 0; ; ) {
    try {
      return await fetchText(url, MAX_CARD_BYTES, Math.min(CARD_STALL_MS, limits.stallMs), signal);
    } catch (error) {
      signal.throwIfAborted();
      failures++;
      if (!(error instanceof TransferError) || !error.temporary || failures >= CARD_ATTEMPTS) throw unavailable(error);
      await delay(limits.backoffMs * failures, undefined, { signal });
    }
  }
}
