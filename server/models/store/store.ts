import { rename, stat } from "node:fs/promises";
import { join } from "node:path";
import { AtelierError, systemCode } from "../../errors.js";
import { formerModelId } from "../../records/model.js";
import type { ModelCollection } from "./collection.js";
import { type TransferLimits, transferLimits } from "./http.js";
import { type KerasFile, kerasVgg19File, kerasVgg19Source } from "./keras-vgg19.js";
import { mirroredModels, mirrorSource } from "./mirror.js";
import { isDownloadOf, isMissing } from "./model-folder.js";

/** Where models are downloaded from and to. */
export interface StoreOptions {
  /** Folder of downloaded models. */
  folder: string;
  /**
   * Address of a mirror, which ends in a slash and has `<id>/card.json` and the file that the card names; null for
   * none.
   */
  mirror: URL | null;
  /** Whether nothing is downloaded, so that only models from earlier downloads are there. */
  offline: boolean;
  /** VGG-19 as Keras publishes it. */
  vgg19?: KerasFile;
  limits?: Partial<TransferLimits>;
  /** Receives what goes wrong in the background. */
  log?(line: string): void;
  /** Receives errors that are not everyday failures of networks and servers. */
  report?(error: unknown): void;
}

/** Questions to a mirror by model id; each is removed when it is answered, and never rejects. */
export type MirrorQueries = ReadonlyMap<string, Promise<void>>;

/** Adds downloaded models, and those that can be downloaded; a mirror is asked in the background. */
export async function addStoreModels(models: ModelCollection, store: StoreOptions, signal: AbortSignal): Promise<MirrorQueries> {
  const { folder, mirror, offline, vgg19 = kerasVgg19File, log = console.warn } = store;
  const limits = { ...transferLimits, ...store.limits };
  // Other folders in there are not downloads of this server.
  for (const id of mirroredModels) {
    if (formerModelId(id) !== id) await renameFormerFolder(folder, id, log);
    await models.addDownloaded(folder, id);
  }
  models.addSource(kerasVgg19Source(vgg19, limits));
  const queries = new Map<string, Promise<void>>();
  if (mirror === null || offline) return queries;
  const idsByFailure = new Map<string, string[]>();
  for (const id of mirroredModels) {
    const query = mirrorSource(mirror, id, limits, signal).then(
      (source) => source && models.addSource(source),
      (error: unknown) => {
        if (signal.aborted) return;
        const reason = error instanceof AtelierError ? error.message : String(error);
        idsByFailure.set(reason, [...(idsByFailure.get(reason) ?? []), id]);
      },
    );
    queries.set(
      id,
      query.then(() => void queries.delete(id)),
    );
  }
  void Promise.all(queries.values()).then(() => {
    for (const [reason, ids] of idsByFailure) log(`The mirror could not be asked for ${ids.join(", ")}. ${reason}`);
  });
  return queries;
}

/**
 * Gives a download of an earlier server, complete or not, the name that its folder has now. Where that is impossible,
 * its model keeps its former id.
 */
async function renameFormerFolder(directory: string, id: string, log: (line: string) => void): Promise<void> {
  const former = formerModelId(id);
  try {
    if ((await exists(join(directory, id))) || !(await isDownloadOf(directory, former, id))) return;
    await rename(join(directory, former), join(directory, id));
  } catch (error) {
    log(`The folder ${former} could not be renamed to ${id} (${systemCode(error) ?? "unknown error"}), so its model keeps this id.`);
  }
}

async function exists(path: string): Promise<boolean> {
  try {
    await stat(path);
    return true;
  } catch (error) {
    if (isMissing(error)) return false;
    throw error;
  }
}
