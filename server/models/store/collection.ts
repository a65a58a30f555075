import { resolve } from "node:path";
import { AtelierError, unavailable } from "../../errors.js";
import { currentModelId } from "../../records/model.js";
import type { ModelFacts, ModelSource } from "../model.js";
import { type EntryContext, ModelEntry } from "./model-entry.js";
import { type FoundModel, foldersIn, messageWithLimit, readModel } from "./model-folder.js";

/** Why a folder of models, or one in it, cannot be used fully; for the operator. */
export interface RegistryProblem {
  folder: string;
  reason: string;
}

/** All models by id, in the order in which they were added. Where several have one id, the first one keeps it. */
export class ModelCollection {
  readonly entries = new Map<string, ModelEntry>();
  readonly problems: RegistryProblem[] = [];

  constructor(private readonly context: EntryContext) {}

  /** Adds the models in a directory. */
  async addDirectory(directory: string): Promise<void> {
    let folders: string[];
    try {
      folders = await foldersIn(resolve(directory));
    } catch (error) {
      return this.addProblem(resolve(directory), error);
    }
    for (const folder of folders) {
      try {
        const found = await readModel(resolve(directory), folder);
        if (!found) continue;
        const { id } = found.card;
        if (this.entries.has(id)) throw new AtelierError("CONFLICT", `There is a model ${id} already.`);
        this.entries.set(id, ModelEntry.ofFile(found, this.context));
      } catch (error) {
        this.addProblem(folder, error);
      }
    }
  }

  /** Adds a model that was downloaded earlier if it is complete; otherwise it will be downloaded again. */
  async addDownloaded(directory: string, id: string): Promise<void> {
    if (this.entries.has(id)) return;
    try {
      const found = await readModel(resolve(directory), id);
      if (!found) return;
      if (found.failure !== null) throw unavailable(found.failure);
      this.entries.set(id, ModelEntry.ofFile(found, this.context));
    } catch (error) {
      this.addProblem(id, error);
    }
  }

  /** Adds a place that a model can be downloaded from when it is not here or turns out to be damaged. */
  addSource(source: ModelSource): void {
    const entry = this.entries.get(source.facts.id);
    if (entry) entry.setSource(source);
    else this.add(ModelEntry.ofSource(source, this.context));
  }

  /** Adds a model that is here, or gives an existing one its file. */
  setFile(found: FoundModel): void {
    const entry = this.entries.get(found.card.id);
    if (entry) entry.setFile(found);
    else this.add(ModelEntry.ofFile(found, this.context));
  }

  /** Lists a model as FAILED. */
  addFailed(facts: ModelFacts, failure: string): void {
    const entry = this.entries.get(facts.id);
    if (entry) entry.dropFile(failure, facts);
    else this.add(ModelEntry.failed(facts, failure, this.context));
  }

  /** Stops using a model's file; the model stays listed as FAILED. */
  dropFile(id: string, failure: string): void {
    this.entries.get(id)?.dropFile(failure);
  }

  /** Removes a model from the list; one that can be downloaded becomes AVAILABLE again. */
  remove(id: string): void {
    const entry = this.entries.get(id);
    if (!entry || entry.revertToSource()) return;
    this.entries.delete(id);
    this.context.changed({ ...entry.model, removed: true });
  }

  /** The id of the model that `asked` names, which may be the former form of its id; `asked` where there is none. */
  currentId(asked: string): string {
    return currentModelId([...this.entries.keys()], asked);
  }

  isDownloading(id: string): boolean {
    return this.entries.get(id)?.state === "DOWNLOADING";
  }

  /** Records a problem that the operator can solve. @throws any other error. */
  private addProblem(folder: string, error: unknown): void {
    if (!(error instanceof AtelierError)) throw error;
    this.problems.push({ folder, reason: messageWithLimit(error) });
  }

  private add(entry: ModelEntry): void {
    this.entries.set(entry.model.id, entry);
    this.context.changed(entry.model);
  }
}
