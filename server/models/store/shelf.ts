import { resolve } from "node:path";
import { AtelierError } from "../../errors.js";
import type { ModelFacts } from "../model.js";
import { type FoundModel, foldersIn, readModel } from "./folders.js";
import { type EntryParts, ModelEntry } from "./model-entry.js";
import type { ModelSource } from "./source.js";

/** Why something in a models folder is not, or not fully, a model. For the operator's eyes. */
export interface RegistryProblem {
  folder: string;
  reason: string;
}

/** All models by id, in the order in which they were found; an id that several have is the first one's. */
export class Shelf {
  readonly entries = new Map<string, ModelEntry>();
  readonly problems: RegistryProblem[] = [];

  constructor(private readonly parts: EntryParts) {}

  /** Adds what lies in a directory. */
  async addDirectory(directory: string): Promise<void> {
    let folders: string[];
    try {
      folders = await foldersIn(resolve(directory));
    } catch (error) {
      return this.note(resolve(directory), error);
    }
    for (const folder of folders) {
      try {
        const found = await readModel(resolve(directory), folder);
        if (!found) continue;
        const { id } = found.card;
        if (this.entries.has(id)) throw new AtelierError("CONFLICT", `There is a model ${id} already.`);
        this.entries.set(id, ModelEntry.ofFile(found, this.parts));
      } catch (error) {
        this.note(folder, error);
      }
    }
  }

  /** Adds a model that was fetched before, if it is whole; else it is to be fetched again. */
  async addFetched(directory: string, id: string): Promise<void> {
    if (this.entries.has(id)) return;
    try {
      const found = await readModel(resolve(directory), id);
      if (!found) return;
      if (found.failure !== null) throw new AtelierError("UNAVAILABLE", found.failure);
      this.entries.set(id, ModelEntry.ofFile(found, this.parts));
    } catch (error) {
      this.note(id, error);
    }
  }

  /** Says where a model can be had that is not here, or should it turn out to be damaged. */
  addSource(source: ModelSource): void {
    const { id } = source.facts;
    const entry = this.entries.get(id);
    if (entry) {
      entry.offer(source);
      return;
    }
    this.add(ModelEntry.ofSource(source, this.parts));
  }

  /** Puts a model in, or in the place of one that is not here. */
  place(found: FoundModel): void {
    const { id } = found.card;
    const entry = this.entries.get(id);
    if (entry) entry.place(found);
    else this.add(ModelEntry.ofFile(found, this.parts));
  }

  /** Shows that a model cannot be used, and why. */
  refuse(facts: ModelFacts, cause: string): void {
    const entry = this.entries.get(facts.id);
    if (entry) entry.withdraw(cause, facts);
    else this.add(ModelEntry.refused(facts, cause, this.parts));
  }

  /** Takes a model's file away; it stays in the list for the time being. */
  withdraw(id: string, cause: string): void {
    this.entries.get(id)?.withdraw(cause);
  }

  /** Takes a model out of the list; one that can be had from elsewhere is AVAILABLE again. */
  remove(id: string): void {
    const entry = this.entries.get(id);
    if (!entry || entry.recede()) return;
    this.entries.delete(id);
    this.parts.changed({ ...entry.model, removed: true });
  }

  isFetching(id: string): boolean {
    return this.entries.get(id)?.state === "DOWNLOADING";
  }

  /** Remembers what is the operator's to mend. @throws what is not. */
  note(folder: string, error: unknown): void {
    if (!(error instanceof AtelierError)) throw error;
    const { limit } = error.detail;
    this.problems.push({ folder, reason: limit === undefined ? error.message : `${error.message} Allowed: ${limit}.` });
  }

  private add(entry: ModelEntry): void {
    this.entries.set(entry.model.id, entry);
    this.parts.changed(entry.model);
  }
}
