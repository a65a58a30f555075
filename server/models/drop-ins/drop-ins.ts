import { type FSWatcher, watch } from "node:fs";
import { mkdir } from "node:fs/promises";
import { join, resolve } from "node:path";
import { AtelierError, systemCode, unavailable } from "../../errors.js";
import type { WrittenCard } from "../card.js";
import type { ModelFile } from "../model.js";
import type { ModelCollection } from "../store/collection.js";
import { messageWithLimit } from "../store/model-folder.js";
import {
  checkFile,
  type FoundDropIn,
  factsOfRefused,
  type GraphicsTrial,
  type ModelToTry,
  readWrittenCard,
  type TryModel,
} from "./check.js";
import { GraphicsTrials } from "./graphics-trials.js";
import { DropInIds } from "./ids.js";
import { TrialRecord } from "./record.js";
import { type FolderState, scanFolders } from "./scan.js";
import { Turns } from "./turns.js";

export interface DropInOptions {
  /** Directory that folders are dropped into; created if it does not exist. Downloaded models may be in it too. */
  folder: string;
  /**
   * Called for a model that passed all checks before its trial, for as long as it takes: other folders are checked meanwhile.
   * @throws AtelierError with the reason why the model cannot be used; the signal's reason when it aborts.
   */
  beforeTrial?(model: FoundDropIn, signal: AbortSignal): Promise<void>;
  /** Called for one model at a time. */
  tryModel: TryModel;
  /** How long a folder must not change before it is tried, ms, as it may be half copied. */
  stillMs?: number;
  /** Time between scans, whether or not the operating system reports changes, ms. */
  rescanMs?: number;
  /** Receives a line for each folder that was accepted or refused. */
  log?(line: string): void;
  /** Receives errors of the server itself. */
  report?(error: unknown): void;
}

/** A folder that was found in the directory. */
interface DroppedFolder {
  fingerprint: string;
  /** When the fingerprint was first seen, ms of the process. */
  since: number;
  /** Whether its check has begun or ended since then. */
  checked: boolean;
  /** Ends its check; null while none runs. */
  checking: AbortController | null;
  /** Id under which it is listed; null where it is not. */
  id: string | null;
  /** Its model, once it passed all checks before the trial. */
  found?: ModelToTry;
  /** Its card, with the model. */
  card?: WrittenCard;
  /** Whether a user asked for the check. */
  isRetry?: boolean;
}

/** The dropped models, for what shares them with other servers. */
export interface DropInFolders {
  /** The models that passed all checks before their trial, and whether they passed that too. */
  found(): (FoundDropIn & { isReady: boolean })[];
  /** Checks a folder again; `isRetry` says whether a user asked for it. Returns false where no folder has the id. */
  checkAgain(id: string, isRetry?: boolean): boolean;
  /** Whether a model that is not in these folders has the id. */
  isTaken(id: string): boolean;
  /** Lists a model without a folder as FAILED; null lists it no longer. */
  showMissing(id: string, reason: string | null): void;
  /** Tries the models in use, and those that come, on a graphics device too; null where the server paints on none. */
  tryOn(trial: GraphicsTrial | null): void;
  /** Tries a model once more that the graphics device could not try. */
  tryOnAgain(id: string): void;
}

/** Time from a reported change to the scan, ms, as changes come in bursts. */
const BURST_MS = 50;

/**
 * Models in folders that are copied into a directory, changed and removed while the server runs. Each is checked and
 * tried when it has not changed for a moment, and then listed as READY, or as FAILED with the reason.
 */
export class DropIns implements DropInFolders {
  private readonly directory: string;
  private readonly options: Required<DropInOptions>;
  private readonly folders = new Map<string, DroppedFolder>();
  private readonly ids: DropInIds;
  private readonly closing = new AbortController();
  private watcher: FSWatcher | null = null;
  private timer: NodeJS.Timeout | null = null;
  private wasReadable = true;
  private scanning: Promise<void> = Promise.resolve();
  private readonly checks = new Set<Promise<void>>();
  /** One file is read and one model is tried at a time. */
  private readonly turns = new Turns();
  private readonly graphics: GraphicsTrials;

  private constructor(
    private readonly models: ModelCollection,
    private readonly record: TrialRecord,
    options: DropInOptions,
    private readonly downloadable: ReadonlySet<string>,
  ) {
    const usual = { stillMs: 1000, rescanMs: 2000, beforeTrial: async () => undefined, log: console.warn, report: console.error };
    this.options = { ...usual, ...options };
    this.directory = resolve(options.folder);
    this.ids = new DropInIds(models, this.folders, this.directory, downloadable);
    this.graphics = new GraphicsTrials({
      record,
      inUse: () => this.inUse(),
      verify: async ({ name, model }, signal) => {
        const card = this.folders.get(name)?.card;
        const { file } = card ? await checkFile(this.directory, name, card, signal) : model;
        if (file.sha256 !== model.file.sha256) throw unavailable("Its file has changed since it was checked.");
      },
      refuse: async (folder, reason) => {
        const dropped = this.folders.get(folder.name);
        if (dropped) await this.refuse(folder, dropped, dropped.card ?? null, reason);
      },
      checkAgain: (name) => {
        const id = this.folders.get(name)?.id ?? null;
        if (id !== null) this.checkAgain(id, false);
      },
      report: this.options.report,
    });
  }

  /**
   * Adds models that passed their trial earlier, and watches the directory.
   * @param downloadable ids that the store downloads into the same directory.
   * @throws an error when the directory cannot be read.
   */
  static async open(models: ModelCollection, options: DropInOptions, downloadable: ReadonlySet<string>): Promise<DropIns> {
    await mkdir(options.folder, { recursive: true });
    const dropIns = new DropIns(models, await TrialRecord.open(options.folder), options, downloadable);
    for (const folder of await scanFolders(dropIns.directory)) await dropIns.restore(folder);
    dropIns.watch();
    await dropIns.scan();
    return dropIns;
  }

  /** Whether a folder here has the id. */
  has(id: string): boolean {
    return this.ids.ownerOf(id) !== null;
  }

  found(): (FoundDropIn & { isReady: boolean })[] {
    const all = [...this.folders.values()].flatMap(({ found }) => (found && !this.downloadable.has(found.id) ? [found] : []));
    return all.map((found) => ({ ...found, isReady: this.isReady(found) }));
  }

  private inUse(): { name: string; fingerprint: string; model: ModelToTry }[] {
    return [...this.folders].flatMap(([name, { fingerprint, found }]) =>
      found && this.isReady(found) ? [{ name, fingerprint, model: found }] : [],
    );
  }

  private isReady({ id, path }: FoundDropIn): boolean {
    const entry = this.models.entries.get(id);
    return entry?.state === "READY" && entry.path === path;
  }

  checkAgain(id: string, isRetry = true): boolean {
    const name = this.ids.ownerOf(id);
    const dropped = name === null ? null : this.folders.get(name);
    if (!dropped) return false;
    if (dropped.checking === null) {
      dropped.checked = false;
      dropped.isRetry = isRetry;
      this.graphics.end(name ?? "", "Its folder is checked again.");
      this.models.dropFile(id, "Its folder is checked again.");
      this.scheduleScan(0);
    }
    return true;
  }

  isTaken(id: string): boolean {
    return this.ids.otherHolder(id, id) !== null;
  }

  showMissing(id: string, reason: string | null): void {
    if (this.has(id) || this.isTaken(id)) return;
    if (reason === null) this.models.remove(id);
    else this.models.addFailed(factsOfRefused(id, id, null), reason);
  }

  tryOn(trial: GraphicsTrial | null): void {
    this.graphics.begin(trial);
  }

  tryOnAgain(id: string): void {
    const name = this.ids.ownerOf(id);
    if (name !== null) this.graphics.again(name);
  }

  /** Ends a running trial, and stops watching. */
  async close(): Promise<void> {
    this.closing.abort(unavailable("The server closes."));
    this.watcher?.close();
    if (this.timer) clearTimeout(this.timer);
    for (const { checking } of this.folders.values()) checking?.abort(this.closing.signal.reason);
    await this.scanning;
    await Promise.all([...this.checks, this.graphics.close()]);
    await this.record.close();
  }

  /** Adds the model of a folder that has not changed since it passed. */
  private async restore(folder: FolderState): Promise<void> {
    const passed = this.record.find(folder.name, folder.fingerprint);
    if (!passed) return;
    try {
      const { fingerprint, sha256, bytes, parameters } = passed;
      const { card, stored } = await readWrittenCard(this.directory, folder);
      const { id, architecture, translation: form } = card;
      const path = join(this.directory, folder.name, card.file);
      if (this.ids.otherHolder(card.id, folder.name) || this.ids.isDownloaded(folder.name)) return;
      this.models.setFile({ path, card: { ...card, sha256, bytes, parameters }, failure: null });
      const found = { id, path, file: { sha256, bytes }, card: stored, architecture, form, isRetry: false };
      this.folders.set(folder.name, { fingerprint, since: performance.now(), checked: true, checking: null, id, found, card });
    } catch (error) {
      // The first scan treats it as a new folder and checks it in full.
      if (!(error instanceof AtelierError)) throw error;
    }
  }

  private watch(): void {
    try {
      this.watcher = watch(this.directory, { persistent: false }, () => this.scheduleScan(BURST_MS));
      this.watcher.on("error", () => this.watcher?.close());
    } catch (error) {
      // Some file systems report no changes; there the regular scans find them.
      if (systemCode(error) === undefined) throw error;
    }
  }

  private scheduleScan(ms: number): void {
    if (this.closing.signal.aborted) return;
    if (this.timer) clearTimeout(this.timer);
    this.timer = setTimeout(() => {
      this.scanning = this.scanning.then(() => this.scan());
    }, ms).unref();
  }

  /** Scans all folders once. Never rejects. */
  private async scan(): Promise<void> {
    if (this.closing.signal.aborted) return;
    let settled = true;
    try {
      const found = await scanFolders(this.directory);
      const names = new Set(found.map(({ name }) => name));
      for (const name of [...this.folders.keys()]) if (!names.has(name)) this.remove(name);
      for (const folder of found) settled = this.update(folder) && settled;
      this.wasReadable = true;
    } catch (error) {
      // Reported once, not at every scan.
      if (this.wasReadable) this.options.report(error);
      this.wasReadable = false;
    }
    this.scheduleScan(settled ? this.options.rescanMs : this.options.stillMs / 2);
  }

  /** Acts on the state of one folder. Returns whether nothing remains to be done about it. */
  private update(folder: FolderState): boolean {
    const { name, fingerprint } = folder;
    const now = performance.now();
    const known = this.folders.get(name);
    if (this.ids.isDownloading(name)) {
      this.folders.set(name, { fingerprint, since: now, checked: true, checking: null, id: null });
      return true;
    }
    if (known?.id !== name && this.ids.isDownloaded(name)) return this.adopt(folder);
    if (!known || known.fingerprint !== fingerprint) {
      known?.checking?.abort(unavailable("Its folder has changed."));
      this.graphics.end(name, "Its folder has changed.");
      if (known?.id) this.models.dropFile(known.id, "Its folder is changing. It is tried again when it has not changed for a moment.");
      const isEmpty = fingerprint === "";
      this.folders.set(name, { fingerprint, since: now, checked: isEmpty, checking: null, id: known?.id ?? null });
      if (isEmpty) this.unlist(name);
      return isEmpty;
    }
    if (known.checked) return true;
    if (now - known.since < this.options.stillMs) return false;
    known.checked = true;
    const check = this.check(folder, known).catch(this.options.report);
    this.checks.add(check);
    void check.then(() => this.checks.delete(check));
    return true;
  }

  /** Takes over a folder of the store. A download of this run is verified already; other files are tried. */
  private adopt({ name, fingerprint }: FolderState): boolean {
    const entry = this.models.entries.get(name);
    const passed = this.record.find(name, fingerprint) !== null;
    const checked = passed || entry?.wasDownloaded === true;
    this.folders.set(name, { fingerprint, since: performance.now(), checked, checking: null, id: name });
    if (entry?.wasDownloaded && !passed) {
      const { bytes, parameters } = entry.model;
      this.record.set(name, { fingerprint, sha256: entry.sha256 ?? "", bytes, parameters }).catch(this.options.report);
    }
    return checked;
  }

  private async check(folder: FolderState, dropped: DroppedFolder): Promise<void> {
    const isCurrent = () => this.folders.get(folder.name) === dropped && !this.closing.signal.aborted;
    const checking = new AbortController();
    const { signal } = checking;
    let card: WrittenCard | null = null;
    try {
      const found = await this.turns.take(async () => {
        // The folder may have been scanned twice while it waited for its turn.
        if (!isCurrent() || dropped.checking) return null;
        dropped.checking = checking;
        const isRetry = dropped.isRetry ?? false;
        dropped.isRetry = false;
        if (this.ids.isPartialDownload(folder)) return null;
        const written = await readWrittenCard(this.directory, folder);
        card = written.card;
        if (this.isCopy(written.card, folder)) return null;
        const { id, architecture, translation: form } = written.card;
        const { path, file } = await checkFile(this.directory, folder.name, written.card, signal);
        dropped.found = { id, path, file, card: written.stored, architecture, form, isRetry };
        dropped.card = written.card;
        return { model: dropped.found, card: written.card };
      });
      if (!found) return;
      await this.options.beforeTrial(found.model, signal);
      await this.turns.take(async () => {
        signal.throwIfAborted();
        // Another folder may have been listed under the id meanwhile.
        if (this.isCopy(found.card, folder)) return;
        const { path, file } = found.model;
        const { parameters } = await this.options.tryModel(found.model, signal);
        const whole = { ...found.card, ...file, parameters: found.card.parameters ?? parameters };
        if (isCurrent() && !this.ids.isDownloading(whole.id)) await this.accept(folder, dropped, { path, card: whole });
        this.graphics.look();
      });
    } catch (error) {
      if (!isCurrent() || signal.aborted) return;
      if (!(error instanceof AtelierError)) this.options.report(error);
      const reason = error instanceof AtelierError ? messageWithLimit(error) : "It could not be checked; the server's log says why.";
      await this.refuse(folder, dropped, card, reason);
    } finally {
      if (dropped.checking === checking) dropped.checking = null;
    }
  }

  /** Whether another model with this id has the same file. @throws AtelierError CONFLICT when it has another one. */
  private isCopy({ id, sha256 }: WrittenCard, { name }: FolderState): boolean {
    const holder = this.ids.otherHolder(id, name);
    if (!holder) return false;
    if (sha256 !== null && holder.sha256 === sha256) return true;
    throw new AtelierError("CONFLICT", `There is another model ${id} already. Give the folder and its card another id.`);
  }

  private async accept({ name, fingerprint }: FolderState, dropped: DroppedFolder, { path, card }: ModelFile): Promise<void> {
    const { id, sha256, bytes, parameters } = card;
    if (dropped.id !== null && dropped.id !== id) this.models.remove(dropped.id);
    dropped.id = id;
    this.models.setFile({ path, card, failure: null });
    this.options.log(`The model ${id} was added from its folder.`);
    await this.record.set(name, { fingerprint, sha256, bytes, parameters });
  }

  private async refuse(
    { name }: Pick<FolderState, "name">,
    dropped: DroppedFolder,
    card: WrittenCard | null,
    reason: string,
  ): Promise<void> {
    const id = dropped.id ?? this.ids.freeId(name);
    dropped.id = id;
    this.models.addFailed(factsOfRefused(id, name, card), reason);
    this.options.log(`The model in the folder ${name} was refused. ${reason}`);
    await this.record.set(name, null);
  }

  private remove(name: string): void {
    this.folders.get(name)?.checking?.abort(unavailable("Its folder was removed."));
    this.graphics.end(name, "Its folder was removed.");
    this.unlist(name);
    this.folders.delete(name);
    this.record.set(name, null).catch(this.options.report);
  }

  private unlist(name: string): void {
    const dropped = this.folders.get(name);
    if (!dropped?.id || this.ids.isDownloading(dropped.id)) return;
    this.models.remove(dropped.id);
    // The folder of this name was refused if another one was listed under its id, and can have it now.
    const other = dropped.id === name ? undefined : this.folders.get(dropped.id);
    if (other) other.checked = false;
    dropped.id = null;
  }
}
