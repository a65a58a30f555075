import { dirname, resolve } from "node:path";
import { AtelierError } from "../errors.js";
import type { Architecture } from "./architecture.js";
import { type DropInOptions, DropIns } from "./drop-ins/drop-ins.js";
import type { Model, ModelFile } from "./model.js";
import { type TransferLimits, transferLimits } from "./store/http.js";
import { type KerasFile, kerasVgg19, kerasVgg19File } from "./store/keras-vgg19.js";
import { mirroredFolders, mirrorSource } from "./store/mirror.js";
import type { ModelEntry } from "./store/model-entry.js";
import { type ModelPictureKind, pictureIn } from "./store/pictures.js";
import { type RegistryProblem, Shelf } from "./store/shelf.js";

/** The feature network that paintings use where it is there. */
export const PREFERRED_FEATURES = "vgg19";

/** The models that this server knows: bundled, mirrored, fetched, and to be had from elsewhere. */
export interface Registry {
  /** Bundled models first, then those of a mirror's folder, then dropped ones, then the public ones in an order that stays. */
  list(): Promise<Model[]>;
  find(id: string): Promise<Model | null>;
  /** Whether a model is not here and has to be waited for: a mirror is being asked for it, it is on its way, or to be fetched. */
  pending(id: string): boolean;
  /** Why nobody can use a model as things are; null for one that is here, on its way or can be fetched, and for none. */
  refusal(id: string): string | null;
  /**
   * The model's file, fetched first where it is AVAILABLE; its checksum is verified before its first use.
   * @throws AtelierError NOT_FOUND, UNAVAILABLE; the signal's reason when it aborts, and then the fetch goes on.
   */
  file(id: string, signal?: AbortSignal): Promise<ModelFile>;
  /**
   * A feature network, fetched first where it is AVAILABLE; for null the default: vgg19 where it is READY, else the largest
   * that is and whose file is sound. @throws AtelierError NOT_FOUND when there is no such model, BAD_INPUT when it is no feature network, UNAVAILABLE
   * when it cannot be had; the signal's reason when it aborts.
   */
  featureNetwork(
    id: string | null,
    signal?: AbortSignal,
  ): Promise<{ id: string; path: string; sha256: string; architecture: Architecture }>;
  /** Id of the default feature network; null when none is READY and sound. */
  defaultFeatures(): Promise<string | null>;
  /** Begins to fetch an AVAILABLE or FAILED model, or to check one that was dropped in once more. @throws AtelierError NOT_FOUND, UNAVAILABLE where it cannot be fetched. */
  download(id: string): Promise<Model>;
  /** Ends a fetch; what came is kept for the next one. @throws AtelierError NOT_FOUND, CONFLICT when it is not DOWNLOADING. */
  cancelDownload(id: string): Promise<Model>;
  /** Calls `listener` after each change of a model's state, and of its progress by a hundredth; the answer ends it. */
  watch(listener: (model: Model) => void): () => void;
  /** Path of a picture that lies beside a model's file; null where there is none. */
  picture(id: string, kind: ModelPictureKind): Promise<string | null>;
  problems(): RegistryProblem[];
  /** Ends all fetches and trials. */
  close(): Promise<void>;
}

/** Whence models are fetched, and where to. */
export interface StoreOptions {
  /** Folder of the fetched models. */
  folder: string;
  /** Address of a mirror, which ends in a slash and holds `<id>/card.json` and the file it names. */
  mirror: URL | null;
  /** Never fetch: only what was fetched before is there. */
  offline: boolean;
  /** VGG-19 as it is published. */
  vgg19?: KerasFile;
  limits?: Partial<TransferLimits>;
  /** Told what went wrong in the background. */
  log?(line: string): void;
  /** Told of errors that are no everyday failures of networks and servers. */
  report?(error: unknown): void;
}

export interface RegistryOptions {
  bundledDir: string;
  /** Folder of a mirror. */
  mirrorDir: string | null;
  /** Null: nothing is fetched. */
  store?: StoreOptions | null;
  /** Folder that models are dropped into while the server runs; it may be that of the store. Null for none. */
  dropIns?: DropInOptions | null;
}

/**
 * Reads the cards in `bundledDir`, then in `mirrorDir`, then those of fetched models, once, and watches the folder of
 * dropped ones. An id that several have is the first one's. What a mirror at an address has is asked in the background.
 */
export async function openRegistry({ bundledDir, mirrorDir, store = null, dropIns = null }: RegistryOptions): Promise<Registry> {
  const listeners = new Set<(model: Model) => void>();
  const shelf = new Shelf({
    folder: store && !store.offline ? resolve(store.folder) : null,
    changed(model) {
      for (const listener of [...listeners]) listener(model);
    },
    report: store?.report ?? console.error,
  });
  const { entries } = shelf;
  await shelf.addDirectory(bundledDir);
  if (mirrorDir !== null) await shelf.addDirectory(mirrorDir);

  const local = entries.size;
  const known = [...mirroredFolders.keys()];

  const closing = new AbortController();
  const asked = store ? await openStore(shelf, store, closing.signal) : new Map<string, Promise<void>>();
  const watched = dropIns && (await DropIns.open(shelf, dropIns, new Set(mirroredFolders.keys())));

  /** The model of an id; waits until a mirror has said whether it has it. */
  async function lookUp(id: string): Promise<ModelEntry | null> {
    if (entries.get(id)?.state !== "READY") await asked.get(id);
    return entries.get(id) ?? null;
  }

  async function entryOf(id: string, field: string): Promise<ModelEntry> {
    const entry = await lookUp(id);
    if (!entry) throw new AtelierError("NOT_FOUND", "There is no such model.", { field });
    return entry;
  }

  async function features(
    entry: ModelEntry,
    signal?: AbortSignal,
  ): Promise<{ id: string; path: string; sha256: string; architecture: Architecture }> {
    const { id, task } = entry.model;
    if (task !== "FEATURES") {
      throw new AtelierError("BAD_INPUT", `The model ${id} is no feature network.`, { field: "model", limit: "FEATURES" });
    }
    const { card, path } = await entry.ready(signal);
    if (!card.architecture) throw new AtelierError("UNAVAILABLE", `The model ${id} has no architecture.`, { field: "model" });
    return { id, path, sha256: card.sha256, architecture: card.architecture };
  }

  async function defaultFeatures(signal?: AbortSignal): Promise<{ id: string; path: string; sha256: string; architecture: Architecture }> {
    const ready = [...entries.values()].filter(({ model: { task, state } }) => task === "FEATURES" && state === "READY");
    const rank = ({ model: { id, parameters } }: ModelEntry) => (id === PREFERRED_FEATURES ? Number.POSITIVE_INFINITY : parameters);
    for (const entry of ready.sort((a, b) => rank(b) - rank(a))) {
      try {
        return await features(entry, signal);
      } catch (error) {
        // It turned out to be damaged, which its state tells from now on.
        if (!(error instanceof AtelierError && error.code === "UNAVAILABLE")) throw error;
      }
    }
    throw new AtelierError("UNAVAILABLE", "No feature network is ready. Set ATELIER_MODEL_MIRROR to a folder with one.", {
      field: "model",
    });
  }

  return {
    async list() {
      const all = [...entries.values()].map(({ model }) => model);
      // Sources come in the order in which a mirror happened to answer.
      const order = (a: Model, b: Model) => known.indexOf(a.id) - known.indexOf(b.id) || (a.id < b.id ? -1 : 1);
      return [...all.slice(0, local), ...all.slice(local).sort(order)];
    },
    find: async (id) => (await lookUp(id))?.model ?? null,
    pending(id) {
      const entry = entries.get(id);
      return entry?.state !== "READY" && (asked.has(id) || entry?.pending === true);
    },
    refusal: (id) => entries.get(id)?.refusal ?? null,
    file: async (id, signal) => (await entryOf(id, "model")).ready(signal),
    featureNetwork: async (id, signal) => (id === null ? defaultFeatures(signal) : features(await entryOf(id, "model"), signal)),
    async defaultFeatures() {
      try {
        return (await defaultFeatures()).id;
      } catch (error) {
        if (error instanceof AtelierError && error.code === "UNAVAILABLE") return null;
        throw error;
      }
    },
    async download(id) {
      const entry = await entryOf(id, "id");
      if (!(entry.state === "FAILED" && !entry.canBeFetched && watched?.checkAgain(id))) entry.begin("id");
      return entry.model;
    },
    async cancelDownload(id) {
      const entry = await entryOf(id, "id");
      if (!(await entry.cancel())) throw new AtelierError("CONFLICT", `The model is ${entry.state}, not DOWNLOADING.`, { field: "id" });
      return entry.model;
    },
    watch(listener) {
      const own = (model: Model) => listener(model);
      listeners.add(own);
      return () => listeners.delete(own);
    },
    async picture(id, kind) {
      const path = entries.get(id)?.path ?? null;
      return path === null ? null : pictureIn(dirname(path), kind);
    },
    problems: () => [
      ...shelf.problems,
      ...[...entries.values()].flatMap(({ model: { id, failure } }) => (failure === null ? [] : [{ folder: id, reason: failure }])),
    ],
    async close() {
      closing.abort();
      await watched?.close();
      await Promise.all([...asked.values(), ...[...entries.values()].map((entry) => entry.cancel())]);
    },
  };
}

/** Adds what was fetched before and what can be; answers, by id, until when a mirror is asked for it. */
async function openStore(shelf: Shelf, store: StoreOptions, signal: AbortSignal): Promise<Map<string, Promise<void>>> {
  const { folder, mirror, offline, vgg19 = kerasVgg19File, log = console.warn } = store;
  const limits = { ...transferLimits, ...store.limits };
  // Other folders in there are not what this server fetched.
  for (const id of mirroredFolders.keys()) await shelf.addFetched(folder, id);
  shelf.addSource(kerasVgg19(vgg19, limits));
  const asked = new Map<string, Promise<void>>();
  if (mirror === null || offline) return asked;
  const failures = new Map<string, string[]>();
  for (const [id, path] of mirroredFolders) {
    const question = mirrorSource(mirror, path, limits, signal).then(
      (source) => source && shelf.addSource(source),
      (error: unknown) => {
        if (signal.aborted) return;
        const reason = error instanceof AtelierError ? error.message : String(error);
        failures.set(reason, [...(failures.get(reason) ?? []), id]);
      },
    );
    asked.set(
      id,
      question.then(() => void asked.delete(id)),
    );
  }
  void Promise.all(asked.values()).then(() => {
    for (const [reason, ids] of failures) log(`The mirror could not be asked for ${ids.join(", ")}. ${reason}`);
  });
  return asked;
}
