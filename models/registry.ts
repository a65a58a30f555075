import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { readdir, readFile, stat } from "node:fs/promises";
import { join, resolve } from "node:path";
import { pipeline } from "node:stream/promises";
import { AtelierError } from "../server/errors.js";
import { type ModelCard, modelId, parseCard } from "./card.js";

const MAX_CARD_BYTES = 1_000_000;
/** The feature network that paintings use where it is there. */
const PREFERRED_FEATURES = "vgg19";

/** A model as the API shows it. */
export interface Model
  extends Pick<ModelCard, "id" | "title" | "task" | "family" | "size" | "parameters" | "bytes" | "licence" | "source"> {
  state: "READY" | "FAILED";
  /** Always null: nothing is downloaded yet. */
  downloadProgress: number | null;
}

/** A model whose file has been verified. */
export interface ModelFile {
  card: ModelCard;
  /** Absolute. */
  path: string;
}

/** Why something in a models folder is not, or not fully, a model. For the operator's eyes. */
export interface RegistryProblem {
  folder: string;
  reason: string;
}

/** The models that this server knows. */
export interface Registry {
  list(): Promise<Model[]>;
  find(id: string): Promise<Model | null>;
  /** The model's file; its checksum is verified before its first use. @throws AtelierError NOT_FOUND, UNAVAILABLE. */
  file(id: string): Promise<ModelFile>;
  /**
   * Id and file of a feature network; for null the default: vgg19 where it is READY, else the largest that is.
   * @throws AtelierError NOT_FOUND when there is no such model, BAD_INPUT when it is no feature network, UNAVAILABLE when
   * it is not READY.
   */
  featureNetwork(id: string | null): Promise<{ id: string; path: string }>;
  problems(): RegistryProblem[];
}

interface Entry {
  card: ModelCard;
  path: string;
  /** Why it is not READY, or null. */
  failure: string | null;
  verified: Promise<void> | null;
}

/** Reads the cards in `bundledDir`, then in `mirrorDir`, once. An id that both have is the bundled model's. */
export async function openRegistry({ bundledDir, mirrorDir }: { bundledDir: string; mirrorDir: string | null }): Promise<Registry> {
  const entries = new Map<string, Entry>();
  const unread: RegistryProblem[] = [];
  const directories = mirrorDir === null ? [bundledDir] : [bundledDir, mirrorDir];
  for (const directory of directories.map((path) => resolve(path))) {
    for (const folder of await foldersIn(directory, unread)) {
      try {
        const entry = await readModel(directory, folder);
        if (!entry) continue;
        if (entries.has(entry.card.id)) throw new AtelierError("CONFLICT", `There is a model ${entry.card.id} already.`);
        entries.set(entry.card.id, entry);
      } catch (error) {
        if (!(error instanceof AtelierError)) throw error;
        const { limit } = error.detail;
        unread.push({ folder, reason: limit === undefined ? error.message : `${error.message} Allowed: ${limit}.` });
      }
    }
  }

  function entryOf(id: string): Entry {
    const entry = entries.get(id);
    if (!entry) throw new AtelierError("NOT_FOUND", "There is no such model.", { field: "model" });
    return entry;
  }

  async function file(id: string): Promise<ModelFile> {
    const entry = entryOf(id);
    if (entry.failure === null) {
      entry.verified ??= verify(entry);
      await entry.verified;
    }
    if (entry.failure !== null)
      throw new AtelierError("UNAVAILABLE", `The model ${id} cannot be used: ${entry.failure}`, { field: "model" });
    return { card: entry.card, path: entry.path };
  }

  function defaultFeatures(): string {
    const ready = [...entries.values()].filter(({ card, failure }) => card.task === "FEATURES" && failure === null).map(({ card }) => card);
    ready.sort((a, b) => b.parameters - a.parameters);
    const best = ready.find(({ id }) => id === PREFERRED_FEATURES) ?? ready[0];
    if (!best)
      throw new AtelierError("UNAVAILABLE", "No feature network is ready. Set ATELIER_MODEL_MIRROR to a folder with one.", {
        field: "model",
      });
    return best.id;
  }

  return {
    list: async () => [...entries.values()].map(shown),
    async find(id) {
      const entry = entries.get(id);
      return entry ? shown(entry) : null;
    },
    file,
    async featureNetwork(asked) {
      const id = asked ?? defaultFeatures();
      if (entryOf(id).card.task !== "FEATURES") {
        throw new AtelierError("BAD_INPUT", `The model ${id} is no feature network.`, { field: "model", limit: "FEATURES" });
      }
      const { path } = await file(id);
      return { id, path };
    },
    problems: () => [
      ...unread,
      ...[...entries.values()].flatMap(({ card, failure }) => (failure === null ? [] : [{ folder: card.id, reason: failure }])),
    ],
  };
}

/** Names of the folders in a directory, sorted. */
async function foldersIn(directory: string, problems: RegistryProblem[]): Promise<string[]> {
  try {
    const found = await readdir(directory, { withFileTypes: true });
    return found
      .filter((entry) => entry.isDirectory() || entry.isSymbolicLink())
      .map(({ name }) => name)
      .sort();
  } catch (error) {
    problems.push({ folder: directory, reason: `The folder of models cannot be read (${errorCode(error)}).` });
    return [];
  }
}

/** The model in a folder; null for a folder without a card or with one that is left out on purpose. */
async function readModel(directory: string, folder: string): Promise<Entry | null> {
  const text = await readCard(join(directory, folder, "card.json"));
  if (text === null) return null;
  const card = parseCard(text);
  if (!card) return null;
  if (card.id !== modelId(folder)) {
    throw new AtelierError("BAD_INPUT", `The card is of ${card.id}, which is not its folder's name.`, { field: "id" });
  }
  const path = join(directory, folder, card.file);
  return { card, path, failure: await sizeFailure(path, card.bytes), verified: null };
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

async function verify(entry: Entry): Promise<void> {
  const hash = createHash("sha256");
  try {
    await pipeline(createReadStream(entry.path), hash);
    if (hash.digest("hex") !== entry.card.sha256) entry.failure = "Its file is damaged: the checksum differs.";
  } catch (error) {
    entry.failure = `Its file cannot be read (${errorCode(error)}).`;
  }
}

function shown({ card, failure }: Entry): Model {
  const { id, title, task, family, size, parameters, bytes, licence, source } = card;
  const state = failure === null ? "READY" : "FAILED";
  return { id, title, task, family, state, size, parameters, bytes, licence, source, downloadProgress: null };
}

function errorCode(error: unknown): string {
  return error instanceof Error && "code" in error ? String(error.code) : "unknown error";
}
