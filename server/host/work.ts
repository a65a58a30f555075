import type { EncodedPicture, LiveTranslationWork, PaintedWork, TranslationWork } from "../art/work.js";
import { AtelierError } from "../errors.js";
import type { ChangeAtStep, ImageReference, Weighted } from "../records/changes.js";
import type { SessionRecord, StyleTransferRecord, TranslationRecord } from "../records/session.js";
import type { Storage } from "../storage/storage.js";
import type { WorkModels } from "./work-models.js";

/**
 * Everything that a device needs to paint a session step by step, as at its step 0. Its changes are read when it runs,
 * since until then more may come.
 * @throws AtelierError NOT_FOUND for a picture, UNAVAILABLE for a model that is missing.
 */
export async function buildWork(session: SessionRecord, storage: Storage, models: WorkModels): Promise<PaintedWork> {
  return session.kind === "STYLE_TRANSFER" ? styleTransferWork(session, storage, models) : translationWork(session, storage, models);
}

async function styleTransferWork(session: StyleTransferRecord, storage: Storage, models: WorkModels): Promise<PaintedWork> {
  const { settings, styles } = session.initial;
  const [network, content, stylePictures] = await Promise.all([
    models.locateFeatureModel(settings.model),
    loadPicture(storage, session.contentId),
    loadStyles(storage, styles),
  ]);
  return { kind: session.kind, settings, content, styles: stylePictures, changes: [], network };
}

/** The changes of a session whose steps are known. @throws AtelierError NOT_FOUND for a picture. */
export async function loadChanges(storage: Storage, sessionId: string): Promise<ChangeAtStep<EncodedPicture>[]> {
  const changes: ChangeAtStep<EncodedPicture>[] = [];
  for (const { step, settings, styles } of await storage.changes.list(sessionId)) {
    if (step !== null) changes.push({ step, settings, styles: styles && (await loadStyles(storage, styles)) });
  }
  return changes;
}

/** Style pictures with their weights. @throws AtelierError NOT_FOUND. */
export function loadStyles(storage: Storage, styles: readonly Weighted<ImageReference>[]): Promise<Weighted<EncodedPicture>[]> {
  return Promise.all(styles.map(async ({ imageId, weight }) => ({ ...(await loadPicture(storage, imageId)), weight })));
}

async function translationWork(
  { kind, settings, sourceId }: TranslationRecord,
  storage: Storage,
  models: WorkModels,
): Promise<TranslationWork> {
  if (sourceId === null) throw new AtelierError("INTERNAL", "A live translation has no picture of its own.");
  const [generator, source] = await Promise.all([models.locateTranslator(settings.model), loadPicture(storage, sourceId)]);
  return { kind, generator, source, size: settings.size };
}

/**
 * Everything that a device needs for a live translation.
 * @throws AtelierError UNAVAILABLE for a model that is missing.
 */
export async function liveWork({ settings }: TranslationRecord, models: WorkModels): Promise<LiveTranslationWork> {
  return { kind: "LIVE_TRANSLATION", generator: await models.locateTranslator(settings.model), size: settings.size };
}

async function loadPicture({ images, blobs }: Storage, imageId: string): Promise<EncodedPicture> {
  const image = await images.find(imageId);
  if (!image) throw new AtelierError("NOT_FOUND", "A picture of this session is no longer stored.");
  return { digest: image.digest, bytes: await blobs.get(image.digest) };
}
