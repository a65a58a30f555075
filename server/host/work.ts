import type { EncodedPicture, FeatureNetworkFile, GeneratorFile, LiveTranslationWork, PaintedWork, TranslationWork } from "../art/work.js";
import { AtelierError, badInput } from "../errors.js";
import type { Registry } from "../models/registry.js";
import type { ChangeAtStep, ImageReference, Weighted } from "../records/changes.js";
import type { SessionRecord, StyleTransferRecord, TranslationRecord } from "../records/session.js";
import { DRAFT_MODEL } from "../records/settings.js";
import type { Storage } from "../storage/storage.js";

/** Where a host finds the models of its sessions on this machine's disk. */
export interface WorkModels {
  /**
   * The file of a feature model; waits for its download.
   * @throws AtelierError UNAVAILABLE when the model cannot be downloaded; the signal's reason when that aborts first.
   */
  locateFeatureModel(modelId: string, signal?: AbortSignal): Promise<FeatureNetworkFile>;
  /** The file of a translator; as above. */
  locateTranslator(modelId: string, signal?: AbortSignal): Promise<GeneratorFile>;
  /** False for a model that must be downloaded first: its sessions wait without a place on the device. */
  isDownloaded(modelId: string): boolean;
}

/** The models of a registry, as a host finds them. */
export function registryWorkModels(registry: Pick<Registry, "needsDownload" | "file" | "featureModel">): WorkModels {
  return {
    locateFeatureModel: (id, signal) => registry.featureModel(id, signal),
    async locateTranslator(id, signal) {
      const { card, path } = await registry.file(id, signal);
      const { architecture, sha256, translation: form } = card;
      if (form === null) throw badInput("model", `The model ${id} does not translate pictures.`);
      return { id, path, sha256, architecture, form };
    },
    isDownloaded: (id) => !registry.needsDownload(id),
  };
}

/** Ids of the models of a session: its own, and that of its draft where it is another one. */
export function modelsOf(session: SessionRecord): [own: string] | [own: string, draft: string] {
  const { model } = session.settings;
  const isDrafted = session.kind === "STYLE_TRANSFER" && session.settings.draft && model !== DRAFT_MODEL;
  return isDrafted ? [model, DRAFT_MODEL] : [model];
}

/**
 * Everything that a device needs to paint a session step by step, as at its step 0. Its changes are read when it runs,
 * since until then more may come.
 * @throws AtelierError NOT_FOUND for a picture, UNAVAILABLE for a model that is missing.
 */
export async function buildWork(session: SessionRecord, storage: Storage, models: WorkModels): Promise<PaintedWork> {
  return session.kind === "STYLE_TRANSFER" ? styleTransferWork(session, storage, models) : translationWork(session, storage, models);
}

async function styleTransferWork(session: StyleTransferRecord, storage: Storage, models: WorkModels): Promise<PaintedWork> {
  const { settings, styles, convolutions } = session.initial;
  const [own, draft] = modelsOf(session);
  const [network, draftNetwork, content, stylePictures] = await Promise.all([
    models.locateFeatureModel(own),
    draft === undefined ? undefined : models.locateFeatureModel(draft),
    loadPicture(storage, session.contentId),
    loadStyles(storage, styles),
  ]);
  const { kind, step } = session;
  return { kind, settings, content, styles: stylePictures, changes: [], network, draftNetwork, convolutions, begun: step >= 0 };
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
