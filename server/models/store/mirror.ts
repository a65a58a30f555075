import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { cardInFolder, type ModelCard, parseCard } from "../card.js";
import type { ModelDownloadOptions, ModelSource } from "../model.js";
import { download, downloadError, requireDiskSpace, storedBytes } from "./download.js";
import { downloadText, TransferError, type TransferLimits } from "./http.js";
import { MAX_CARD_BYTES, writeCard } from "./model-folder.js";

/** Models that a mirror is asked for, as HTTP has no listing: the public ones that are known to work here. */
export const mirroredModels: readonly string[] = [
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

/** Longest wait for a card, ms. It is short, as a session may be waiting to learn whether the model exists. */
const CARD_STALL_MS = 10_000;
const CARD_ATTEMPTS = 3;

/**
 * The model in a folder of a mirror; null when the mirror has none there.
 * @throws AtelierError BAD_INPUT for a card that is not valid, UNAVAILABLE when the mirror cannot be reached.
 */
export async function mirrorSource(mirror: URL, folder: string, limits: TransferLimits, signal: AbortSignal): Promise<ModelSource | null> {
  const address = new URL(`${folder}/`, mirror);
  const text = await cardText(new URL("card.json", address), limits, signal);
  if (text === null) return null;
  const written = parseCard(text);
  if (!written) return null;
  const card = cardInFolder(written, folder);
  return { facts: card, download: (options) => downloadMirrored(address, card, text, limits, options) };
}

async function downloadMirrored(
  address: URL,
  card: ModelCard,
  text: string,
  limits: TransferLimits,
  { folder, signal, progress }: ModelDownloadOptions,
): Promise<void> {
  const { file, bytes, sha256 } = card;
  await requireDiskSpace(folder, bytes - (await storedBytes(join(folder, file))));
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

async function cardText(url: URL, limits: TransferLimits, signal: AbortSignal): Promise<string | null> {
  for (let failures = 0; ; ) {
    try {
      return await downloadText(url, MAX_CARD_BYTES, Math.min(CARD_STALL_MS, limits.stallMs), signal);
    } catch (error) {
      signal.throwIfAborted();
      failures++;
      if (!(error instanceof TransferError) || !error.temporary || failures >= CARD_ATTEMPTS) throw downloadError(error);
      await delay(limits.backoffMs * failures, undefined, { signal });
    }
  }
}
