import { dirname, join } from "node:path";
import { isModelId } from "../card.js";
import type { ModelCollection } from "../store/collection.js";
import type { FolderState } from "./scan.js";

/** Longest id made from a folder's name, so that a number still fits behind it. */
const MAX_MADE_ID = 60;

/** Tells which dropped folder, download or other model has an id. */
export class DropInIds {
  constructor(
    private readonly models: ModelCollection,
    /** Dropped folders by name, with the id under which each is listed. */
    private readonly folders: ReadonlyMap<string, { readonly id: string | null }>,
    private readonly directory: string,
    /** Ids that the store downloads into the same directory; their folders may lack a card for a while. */
    private readonly downloadable: ReadonlySet<string>,
  ) {}

  /** Name of the dropped folder whose model is listed under an id. */
  ownerOf(id: string): string | null {
    for (const [name, dropped] of this.folders) if (dropped.id === id) return name;
    return null;
  }

  /** The model outside this folder that has the id; null for none, and for a model that could only be downloaded. */
  otherHolder(id: string, name: string): { sha256: string | null } | null {
    const owner = this.ownerOf(id);
    const isElsewhere = owner === null ? this.hasFileOutside(id, name) : owner !== name;
    return isElsewhere ? { sha256: this.models.entries.get(id)?.sha256 ?? null } : null;
  }

  /** A free id to list a folder under: that of the folder's name where possible. */
  freeId(name: string): string {
    const wanted = isModelId(name) ? name : idFrom(name);
    const isFree = (id: string) => this.ownerOf(id) === null && this.pathOf(id) === null;
    for (let count = 1; ; count++) {
      const id = count === 1 ? wanted : `${wanted}-${count}`;
      // A made id must not hide a model that sessions know by the same former id.
      if (isFree(id) && (id === name || isFree(this.models.currentId(id)))) return id;
    }
  }

  /** Whether the store is downloading this model. */
  isDownloading(id: string): boolean {
    return this.downloadable.has(id) && this.models.isDownloading(id);
  }

  /** Whether the store put a model into the folder. */
  isDownloaded(name: string): boolean {
    return this.ownerOf(name) === null && this.pathOf(name) !== null && !this.hasFileOutside(name, name);
  }

  /** Whether the store has begun to fill the folder; the card comes last, also after an interruption. */
  isPartialDownload({ name, files }: FolderState): boolean {
    return this.downloadable.has(name) && !files.includes("card.json");
  }

  private hasFileOutside(id: string, name: string): boolean {
    const path = this.pathOf(id);
    return path !== null && dirname(path) !== join(this.directory, name);
  }

  private pathOf(id: string): string | null {
    return this.models.entries.get(id)?.path ?? null;
  }
}

/** A valid id like a folder's name. */
function idFrom(name: string): string {
  const id = name
    .toLowerCase()
    .replace(/[^a-z0-9_]+/g, "-")
    .replace(/^[-_]+|[-_]+$/g, "");
  return id.slice(0, MAX_MADE_ID) || "model";
}
