import { dirname, resolve } from "node:path";
import { AtelierError, badInput, conflict, notFound, unavailable } from "../errors.js";
import { currentModelId, formerModelId } from "../records/model.js";
import type { Architecture } from "./architecture.js";
import { type DropInFolders, type DropInOptions, DropIns } from "./drop-ins/drop-ins.js";
import type { Model, ModelFile } from "./model.js";
import { ModelCollection, type RegistryProblem } from "./store/collection.js";
import { mirroredModels } from "./store/mirror.js";
import type { ModelEntry } from "./store/model-entry.js";
import { type ModelPictureKind, pictureIn } from "./store/model-folder.js";
import { addStoreModels, type MirrorQueries, type StoreOptions } from "./store/store.js";

/** The feature model that paintings use where it is READY. */
const PREFERRED_FEATURES = "vgg19";

/** The verified file of a feature model. */
export interface FeatureModelFile {
  id: string;
  path: string;
  sha256: string;
  architecture: Architecture;
}

/**
 * The models that this server knows: bundled, mirrored, dropped in, downloaded, and available for download. An id that
 * no model has is understood as the former form of one.
 */
export interface Registry {
  /**
   * Bundled models, then those of a mirror's folder, then dropped ones, then public ones in a fixed order; none that
   * would have to be downloaded where nothing may be.
   */
  list(): Promise<Model[]>;
  find(id: string): Promise<Model | null>;
  /** All ids under which sessions may have stored the model that `id` names: its own, and its former one if no other has it. */
  storedIds(id: string): string[];
  /** All ids under which sessions may name a model that is here; without `onnxFiles`, not those that are an ONNX file. */
  readyIds(onnxFiles: boolean): string[];
  /** Whether a session has to wait: a mirror is being asked, or the model is downloaded now or on demand. */
  needsDownload(id: string): boolean;
  /** Why no session can use a model now; null when it is here, being downloaded, available for download, or unknown. */
  unusableReason(id: string): string | null;
  /**
   * The model's file, downloaded first where it is AVAILABLE; its checksum is verified before its first use.
   * @throws AtelierError NOT_FOUND, UNAVAILABLE; the signal's reason when it aborts, while the download continues.
   */
  file(id: string, signal?: AbortSignal): Promise<ModelFile>;
  /**
   * A feature model, downloaded first where it is AVAILABLE. For null the default: vgg19 where it is READY, else the
   * largest that is READY and undamaged.
   * @throws AtelierError NOT_FOUND when there is no such model, BAD_INPUT when it is not a feature model, UNAVAILABLE
   * when it cannot be used; the signal's reason when it aborts.
   */
  featureModel(id: string | null, signal?: AbortSignal): Promise<FeatureModelFile>;
  /** Id of the default feature model; null when none is READY and undamaged. */
  defaultFeatures(): Promise<string | null>;
  /**
   * Starts to download a model that is AVAILABLE or FAILED, or checks a dropped one again.
   * @throws AtelierError NOT_FOUND, UNAVAILABLE where it cannot be downloaded.
   */
  download(id: string): Promise<Model>;
  /** Whether `download` would start something now. */
  isDownloadable(id: string): boolean;
  /**
   * Ends a download; the bytes that arrived are kept for the next one.
   * @throws AtelierError NOT_FOUND, CONFLICT when it is not DOWNLOADING.
   */
  cancelDownload(id: string): Promise<Model>;
  /** Calls `listener` after each change of a model's state, and of its progress by a hundredth. Returns how to stop. */
  watch(listener: (model: Model) => void): () => void;
  /** Path of a picture beside a model's file; null where there is none. */
  picture(id: string, kind: ModelPictureKind): Promise<string | null>;
  problems(): RegistryProblem[];
  /** The dropped models; null where no folder was named. */
  readonly dropIns: DropInFolders | null;
  /** Ends all downloads and trials. */
  close(): Promise<void>;
}

export interface RegistryOptions {
  bundledDir: string;
  /** Folder of a mirror; null for none. */
  mirrorDir: string | null;
  /** Null: nothing is downloaded. */
  store?: StoreOptions | null;
  /** Folder that models are dropped into while the server runs, which may be that of the store; null for none. */
  dropIns?: DropInOptions | null;
}

/**
 * Reads the cards in `bundledDir`, then in `mirrorDir`, then those of downloaded models, once, and watches the folder
 * of dropped ones. Where several have one id, the first one keeps it. A mirror at an address is asked in the
 * background.
 */
export async function openRegistry({ bundledDir, mirrorDir, store = null, dropIns = null }: RegistryOptions): Promise<Registry> {
  const listeners = new Set<(model: Model) => void>();
  const models = new ModelCollection({
    folder: store && !store.offline ? resolve(store.folder) : null,
    changed(model) {
      for (const listener of [...listeners]) listener(model);
    },
    report: store?.report ?? console.error,
  });
  const { entries } = models;
  await models.addDirectory(bundledDir);
  if (mirrorDir !== null) await models.addDirectory(mirrorDir);
  const localCount = entries.size;

  const closing = new AbortController();
  const queries: MirrorQueries = store ? await addStoreModels(models, store, closing.signal) : new Map();
  const dropped = dropIns && (await DropIns.open(models, dropIns, new Set(mirroredModels)));

  const currentId = (asked: string) => currentModelId([...entries.keys(), ...queries.keys()], asked);
  const entryOf = (asked: string) => entries.get(currentId(asked));

  /** The entry of an id; waits until a mirror has said whether it has the model. */
  async function findEntry(asked: string): Promise<ModelEntry | null> {
    if (entryOf(asked)?.state !== "READY") await queries.get(currentId(asked));
    return entryOf(asked) ?? null;
  }

  async function requireEntry(id: string, field: string): Promise<ModelEntry> {
    const entry = await findEntry(id);
    if (!entry) throw notFound(field, "There is no such model.");
    return entry;
  }

  function storedIds(asked: string): string[] {
    const id = currentId(asked);
    const former = formerModelId(id);
    const isOther = (entryOf(former)?.model.id ?? id) !== id;
    return former === id || isOther ? [id] : [id, former];
  }

  return {
    async list() {
      const all = [...entries.values()].map(({ model }) => model);
      const ordered = [...all.slice(0, localCount), ...all.slice(localCount).sort(inFixedOrder)];
      return ordered.filter(({ id }) => entries.get(id)?.isOffered);
    },
    find: async (id) => (await findEntry(id))?.model ?? null,
    storedIds,
    readyIds: (onnxFiles) =>
      [...entries]
        .filter(([, { state, model }]) => state === "READY" && (onnxFiles || model.architecture !== null))
        .flatMap(([id]) => storedIds(id)),
    needsDownload(asked) {
      const entry = entryOf(asked);
      return entry?.state !== "READY" && (queries.has(currentId(asked)) || entry?.needsDownload === true);
    },
    unusableReason: (id) => entryOf(id)?.unusableReason ?? null,
    file: async (id, signal) => (await requireEntry(id, "model")).verifiedFile(signal),
    featureModel: async (id, signal) =>
      id === null ? defaultFeatureModel(entries.values(), signal) : featureModelFile(await requireEntry(id, "model"), signal),
    async defaultFeatures() {
      try {
        return (await defaultFeatureModel(entries.values())).id;
      } catch (error) {
        if (error instanceof AtelierError && error.code === "UNAVAILABLE") return null;
        throw error;
      }
    },
    async download(id) {
      const entry = await requireEntry(id, "id");
      const isBadDropIn = entry.state === "FAILED" && !entry.canDownload;
      if (!(isBadDropIn && dropped?.checkAgain(entry.model.id))) entry.startDownload("id");
      return entry.model;
    },
    isDownloadable(asked) {
      const entry = entryOf(asked);
      return entry !== undefined && (entry.canDownload || (entry.state === "FAILED" && dropped?.has(entry.model.id) === true));
    },
    async cancelDownload(id) {
      const entry = await requireEntry(id, "id");
      if (!(await entry.cancelDownload())) throw conflict("id", `The model is ${entry.state}, not DOWNLOADING.`);
      return entry.model;
    },
    watch(listener) {
      const own = (model: Model) => listener(model);
      listeners.add(own);
      return () => listeners.delete(own);
    },
    async picture(id, kind) {
      const path = entryOf(id)?.path ?? null;
      return path === null ? null : pictureIn(dirname(path), kind);
    },
    problems: () => [
      ...models.problems,
      ...[...entries.values()].flatMap(({ model: { id, failure } }) => (failure === null ? [] : [{ folder: id, reason: failure }])),
    ],
    dropIns: dropped,
    async close() {
      closing.abort();
      await dropped?.close();
      await Promise.all([...queries.values(), ...[...entries.values()].map((entry) => entry.cancelDownload())]);
    },
  };
}

/**
 * Downloads the preferred feature model if it is AVAILABLE; until then paintings use the next best. The outcome is
 * logged in one line without a stack, as most servers without the model are simply not on a network.
 */
export async function downloadPreferredFeatures(registry: Registry, log: (line: string) => void): Promise<void> {
  const model = await registry.find(PREFERRED_FEATURES);
  if (model?.state !== "AVAILABLE") return;
  try {
    await registry.file(model.id);
    log(`The model ${model.id} was downloaded. Paintings use it from now on.`);
  } catch (error) {
    if (!(error instanceof AtelierError)) throw error;
    const reason = (await registry.find(model.id))?.failure ?? error.message;
    log(`The model ${model.id} was not downloaded, so paintings use another one. ${reason}`);
  }
}

/** Puts the feature model first that paintings use by default: vgg19, else the largest. */
export function byPreference(a: Pick<Model, "id" | "parameters">, b: Pick<Model, "id" | "parameters">): number {
  const rank = ({ id, parameters }: typeof a) => (id === PREFERRED_FEATURES ? Number.POSITIVE_INFINITY : parameters);
  return rank(b) - rank(a);
}

/** The best feature model that is READY and undamaged. */
async function defaultFeatureModel(entries: Iterable<ModelEntry>, signal?: AbortSignal): Promise<FeatureModelFile> {
  const ready = [...entries].filter(({ model: { task, state } }) => task === "FEATURES" && state === "READY");
  for (const entry of ready.sort((a, b) => byPreference(a.model, b.model))) {
    try {
      return await featureModelFile(entry, signal);
    } catch (error) {
      // The file turned out to be damaged, which the entry's state shows from now on.
      if (!(error instanceof AtelierError && error.code === "UNAVAILABLE")) throw error;
    }
  }
  throw unavailable("No feature model is ready. Set ATELIER_MODEL_MIRROR to a folder with one.", { field: "model" });
}

async function featureModelFile(entry: ModelEntry, signal?: AbortSignal): Promise<FeatureModelFile> {
  const { id, task } = entry.model;
  if (task !== "FEATURES") throw badInput("model", `The model ${id} is not a feature model.`, "FEATURES");
  const { card, path } = await entry.verifiedFile(signal);
  if (!card.architecture) throw unavailable(`The model ${id} has no architecture.`, { field: "model" });
  return { id, path, sha256: card.sha256, architecture: card.architecture };
}

/** Dropped models by id, then the public ones as `mirroredModels` lists them, however fast a mirror answered. */
function inFixedOrder(a: Model, b: Model): number {
  return mirroredModels.indexOf(a.id) - mirroredModels.indexOf(b.id) || (a.id < b.id ? -1 : 1);
}
