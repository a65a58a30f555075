import { type FSWatcher, watch } from "node:fs";
import { mkdir } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { AtelierError } from "../../errors.js";
import { modelId, type WrittenCard } from "../card.js";
import type { ModelFile } from "../model.js";
import type { Shelf } from "../store/shelf.js";
import { checkFile, factsOf, readWrittenCard, reasonOf, type TryModel } from "./check.js";
import { type FolderState, lookInto } from "./folder.js";
import { TrialRecord } from "./record.js";

export interface DropInOptions {
  /** Where folders are dropped; made if it is not there. Fetched models lie in it too. */
  folder: string;
  tryModel: TryModel;
  /** How long a folder must not change before it is tried, ms: it may be half copied. */
  stillMs?: number;
  /** How often all folders are looked at, whether or not the system tells of changes, ms. */
  rescanMs?: number;
  /** Told of folders that were taken or refused. */
  log?(line: string): void;
  /** Told of errors that are the server's own. */
  report?(error: unknown): void;
}

interface Dropped {
  fingerprint: string;
  /** When the fingerprint was first seen, ms. */
  since: number;
  /** Whether it has been checked, or is being checked, as it is. */
  done: boolean;
  /** Ends its check. */
  checking: AbortController | null;
  /** Under which id it stands in the list; null where it does not. */
  id: string | null;
}

/** Time after the system told of a change until it is looked for, ms: changes come in swarms. */
const SWARM_MS = 50;

/**
 * Models in folders that somebody copies into a directory, changes and removes while the server runs. Each is checked
 * and tried when it has been still for a moment, and then stands on the shelf, READY or FAILED with the reason.
 */
export class DropIns {
  private readonly directory: string;
  private readonly options: Required<DropInOptions>;
  private readonly known = new Map<string, Dropped>();
  private readonly closing = new AbortController();
  private watcher: FSWatcher | null = null;
  private timer: NodeJS.Timeout | null = null;
  private wasReadable = true;
  private scanning: Promise<void> = Promise.resolve();
  /** One trial at a time. */
  private checks: Promise<void> = Promise.resolve();

  private constructor(
    private readonly shelf: Shelf,
    private readonly record: TrialRecord,
    options: DropInOptions,
    /** Ids that the store fetches into the same directory: their folders may lack a card for a while. */
    private readonly fetchable: ReadonlySet<string>,
  ) {
    this.options = { stillMs: 1000, rescanMs: 2000, log: console.warn, report: console.error, ...options };
    this.directory = resolve(options.folder);
  }

  /** Puts what passed its trial before on the shelf, and watches from then on. @throws what keeps the directory from being read. */
  static async open(shelf: Shelf, options: DropInOptions, fetchable: ReadonlySet<string>): Promise<DropIns> {
    await mkdir(options.folder, { recursive: true });
    const dropIns = new DropIns(shelf, await TrialRecord.open(options.folder), options, fetchable);
    for (const folder of await lookInto(dropIns.directory)) await dropIns.recall(folder);
    dropIns.watch();
    await dropIns.scan();
    return dropIns;
  }

  /** Checks a folder that was refused once more; false where the id is of none. */
  checkAgain(id: string): boolean {
    const name = this.ownerOf(id);
    const dropped = name === null ? null : this.known.get(name);
    if (!dropped) return false;
    if (dropped.checking === null) {
      dropped.done = false;
      this.shelf.withdraw(id, "Its folder is checked again.");
      this.plan(0);
    }
    return true;
  }

  /** Ends a trial that runs, and watches no more. */
  async close(): Promise<void> {
    this.closing.abort(new AtelierError("UNAVAILABLE", "The server closes."));
    this.watcher?.close();
    if (this.timer) clearTimeout(this.timer);
    for (const { checking } of this.known.values()) checking?.abort(this.closing.signal.reason);
    await this.scanning;
    await this.checks;
    await this.record.close();
  }

  /** A folder that is as it was when it passed. */
  private async recall(folder: FolderState): Promise<void> {
    const passed = this.record.find(folder.name, folder.fingerprint);
    if (!passed) return;
    try {
      const { fingerprint, ...found } = passed;
      const card = await readWrittenCard(this.directory, folder);
      const path = join(this.directory, folder.name, card.file);
      if (this.holderElsewhere(card.id, folder.name) || this.isOfStore(card.id, folder.name)) return;
      this.shelf.place({ path, card: { ...card, ...found }, failure: null });
      this.known.set(folder.name, { fingerprint, since: Date.now(), done: true, checking: null, id: card.id });
    } catch (error) {
      // It is checked in full as a new one.
      if (!(error instanceof AtelierError)) throw error;
    }
  }

  private watch(): void {
    try {
      this.watcher = watch(this.directory, { persistent: false }, () => this.plan(SWARM_MS));
      this.watcher.on("error", () => this.watcher?.close());
    } catch (error) {
      // Some file systems tell of no changes: then the looks at regular times have to do.
      if (!(error instanceof Error && "code" in error)) throw error;
    }
  }

  private plan(ms: number): void {
    if (this.closing.signal.aborted) return;
    if (this.timer) clearTimeout(this.timer);
    this.timer = setTimeout(() => {
      this.scanning = this.scanning.then(() => this.scan());
    }, ms).unref();
  }

  /** Looks at all folders once. Never rejects. */
  private async scan(): Promise<void> {
    if (this.closing.signal.aborted) return;
    let settled = true;
    try {
      const folders = await lookInto(this.directory);
      const names = new Set(folders.map(({ name }) => name));
      for (const name of [...this.known.keys()]) if (!names.has(name)) this.forget(name);
      for (const folder of folders) settled = this.consider(folder) && settled;
      this.wasReadable = true;
    } catch (error) {
      // Told once, not at every look.
      if (this.wasReadable) this.options.report(error);
      this.wasReadable = false;
    }
    this.plan(settled ? this.options.rescanMs : this.options.stillMs / 2);
  }

  /** Answers whether nothing is left to do about a folder. */
  private consider(folder: FolderState): boolean {
    const { name, fingerprint } = folder;
    const now = Date.now();
    const id = modelId(name);
    const known = this.known.get(name);
    if (id !== null && this.isFetching(id)) {
      this.known.set(name, { fingerprint, since: now, done: true, checking: null, id: null });
      return true;
    }
    if (id !== null && known?.id !== id && this.isOfStore(id, name)) return this.adopt(folder, id);
    if (!known || known.fingerprint !== fingerprint) {
      known?.checking?.abort(new AtelierError("UNAVAILABLE", "Its folder has changed."));
      if (known?.id) this.shelf.withdraw(known.id, "Its folder is changing; it is tried again when it has been still for a moment.");
      const isEmpty = fingerprint === "";
      this.known.set(name, { fingerprint, since: now, done: isEmpty, checking: null, id: known?.id ?? null });
      if (isEmpty) this.leaveList(name);
      return isEmpty;
    }
    if (known.done) return true;
    if (now - known.since < this.options.stillMs) return false;
    known.done = true;
    this.checks = this.checks.then(() => this.check(folder, known)).catch(this.options.report);
    return true;
  }

  /** A folder of the store: what it fetched is verified; what somebody put in its place before the start is tried. */
  private adopt({ name, fingerprint }: FolderState, id: string): boolean {
    const entry = this.shelf.entries.get(id);
    const passed = this.record.find(name, fingerprint) !== null;
    const done = passed || entry?.wasFetched === true;
    this.known.set(name, { fingerprint, since: Date.now(), done, checking: null, id });
    if (entry?.wasFetched && !passed) {
      const { bytes, parameters } = entry.model;
      this.record.set(name, { fingerprint, sha256: entry.sha256 ?? "", bytes, parameters }).catch(this.options.report);
    }
    return done;
  }

  private async check(folder: FolderState, dropped: Dropped): Promise<void> {
    const { name } = folder;
    const isCurrent = () => this.known.get(name) === dropped && !this.closing.signal.aborted;
    if (!isCurrent()) return;
    const checking = new AbortController();
    dropped.checking = checking;
    let card: WrittenCard | null = null;
    try {
      if (this.isAwaited(folder)) return;
      card = await readWrittenCard(this.directory, folder);
      const holder = this.holderElsewhere(card.id, name);
      if (holder) {
        if (card.sha256 !== null && holder.sha256 === card.sha256) return;
        throw new AtelierError("CONFLICT", `There is another model ${card.id} already. Give the folder and its card another id.`);
      }
      const file = await checkFile(this.directory, name, card, this.options.tryModel, checking.signal);
      if (isCurrent() && !this.isFetching(card.id)) await this.take(folder, dropped, file);
    } catch (error) {
      if (!isCurrent() || checking.signal.aborted) return;
      if (!(error instanceof AtelierError)) this.options.report(error);
      const reason = error instanceof AtelierError ? reasonOf(error) : "It could not be checked; the server's log says why.";
      await this.refuse(folder, dropped, card, reason);
    } finally {
      dropped.checking = null;
    }
  }

  private async take({ name, fingerprint }: FolderState, dropped: Dropped, { path, card }: ModelFile): Promise<void> {
    const { id, sha256, bytes, parameters } = card;
    if (dropped.id !== null && dropped.id !== id) this.shelf.remove(dropped.id);
    dropped.id = id;
    this.shelf.place({ path, card, failure: null });
    this.options.log(`The model ${id} was added from its folder.`);
    await this.record.set(name, { fingerprint, sha256, bytes, parameters });
  }

  private async refuse({ name }: FolderState, dropped: Dropped, card: WrittenCard | null, reason: string): Promise<void> {
    const id = dropped.id ?? this.freeId(name);
    dropped.id = id;
    this.shelf.refuse(factsOf(id, name, card), reason);
    this.options.log(`The model in the folder ${name} was refused. ${reason}`);
    await this.record.set(name, null);
  }

  private forget(name: string): void {
    this.known.get(name)?.checking?.abort(new AtelierError("UNAVAILABLE", "Its folder was removed."));
    this.leaveList(name);
    this.known.delete(name);
    this.record.set(name, null).catch(this.options.report);
  }

  private leaveList(name: string): void {
    const dropped = this.known.get(name);
    if (!dropped?.id || this.isFetching(dropped.id)) return;
    this.shelf.remove(dropped.id);
    dropped.id = null;
    // The id is free for another folder that wanted it too.
    for (const [other, one] of this.known) if (other !== name && modelId(other) === modelId(name)) one.done = false;
  }

  /** A folder that the store begins to fill has no card until the end, also where a fetch broke off. */
  private isAwaited({ name, files }: FolderState): boolean {
    const id = modelId(name);
    return id !== null && this.fetchable.has(id) && !files.includes("card.json");
  }

  private isFetching(id: string): boolean {
    return this.fetchable.has(id) && this.shelf.isFetching(id);
  }

  /** Whether the store fetched this model into the folder. */
  private isOfStore(id: string, name: string): boolean {
    const entry = this.shelf.entries.get(id);
    return entry?.path != null && dirname(entry.path) === join(this.directory, name) && this.ownerOf(id) === null;
  }

  /** Who has the id and is not this folder; a model that is merely to be had from elsewhere makes way. */
  private holderElsewhere(id: string, name: string): { sha256: string | null } | null {
    const owner = this.ownerOf(id);
    const entry = this.shelf.entries.get(id);
    const elsewhere = owner === null ? entry?.path != null && dirname(entry.path) !== join(this.directory, name) : owner !== name;
    return elsewhere ? { sha256: entry?.sha256 ?? null } : null;
  }

  /** The folder whose model stands under an id. */
  private ownerOf(id: string): string | null {
    for (const [name, dropped] of this.known) if (dropped.id === id) return name;
    return null;
  }

  /** An id for the list that nobody has: the folder's where it can be. */
  private freeId(name: string): string {
    const wanted =
      modelId(name) ??
      (name
        .toLowerCase()
        .replace(/[^a-z0-9]+/g, "-")
        .replace(/^-|-$/g, "")
        .slice(0, 60) ||
        "model");
    const isFree = (id: string) => this.ownerOf(id) === null && (this.shelf.entries.get(id)?.path ?? null) === null;
    for (let count = 1; ; count++) {
      const id = count === 1 ? wanted : `${wanted}-${count}`;
      if (isFree(id)) return id;
    }
  }
}
