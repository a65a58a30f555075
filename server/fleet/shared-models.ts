import { createReadStream } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { isDeepStrictEqual } from "node:util";
import type { Bus } from "../bus/bus.js";
import { AtelierError, StorageUnavailable, unavailable } from "../errors.js";
import { type DeviceTrial, trialInUse } from "../host/device-trials.js";
import { TrialCutShort } from "../host/model-trial.js";
import type { FoundDropIn, GraphicsTrial, ModelToTry, TryModel } from "../models/drop-ins/check.js";
import type { DropInFolders } from "../models/drop-ins/drop-ins.js";
import { Turns } from "../models/drop-ins/turns.js";
import { downloadError } from "../models/store/download.js";
import { mirroredModels } from "../models/store/mirror.js";
import { isSameModel, type SharedModel } from "../records/shared-model.js";
import type { ListedModel, SharedModelStore, TrialStore } from "../storage/fleet.js";
import { Bell } from "./bell.js";
import { fetchModel, installCopy, isThere, removeCopy, sweepDrafts } from "./model-copies.js";
import { SharedRecord } from "./shared-record.js";
import { tryOnce } from "./trial-once.js";
import { isDecidedElsewhere, type Outcomes, outcomesOf } from "./trial-outcomes.js";

/** Time between two readings of the list, ms; messages of the bus only shorten it. */
const LOOK_MS = 5000;
/** How long a folder must be missing until its model is removed everywhere, ms: it may be on its way back. */
const GONE_MS = 3000;
/** How long a trial counts as being done after its last sign of life, ms. */
const LEASE_MS = 15_000;
/** Time between two attempts to fetch the same model, ms. */
const RETRY_MS = 60_000;
/**
 * Time until the second attempt to reach the store, and between two looks whether another machine has tried a model, ms. Each
 * later attempt waits twice as long as the one before.
 */
const AGAIN_MS = 500;
/** Longest wait before an attempt to store a model, ms: within a minute the parts that were stored are not deleted. */
const LONGEST_AGAIN_MS = 30_000;

export interface SharedModelsParts {
  store: SharedModelStore;
  trials: TrialStore;
  bus: Bus;
  /** The folder that models are dropped into. */
  folder: string;
  /** Name of this machine, for people. */
  machine: string;
  /** Trials on the processor of this machine. */
  processor: DeviceTrial;
  /** Receives what the operator may want to know. */
  inform(line: string): void;
  warn(line: string): void;
  /** Receives errors; the next look follows nevertheless. */
  failed(error: unknown): void;
  times?: Partial<typeof usualTimes>;
}

const usualTimes = {
  lookMs: LOOK_MS,
  goneMs: GONE_MS,
  leaseMs: LEASE_MS,
  retryMs: RETRY_MS,
  againMs: AGAIN_MS,
  longestAgainMs: LONGEST_AGAIN_MS,
};

type Found = FoundDropIn & { isReady: boolean };

/**
 * Keeps the dropped models of all servers the same. A model that is added in the folder of one server is stored, and every other
 * one copies it into its own folder, where it is checked like any other. The server where it was added may replace and remove it.
 *
 * The list is in the database. A look compares it with the folder; it needs nothing from looks before, so none may be missed.
 */
export class SharedModels {
  private readonly closing = new AbortController();
  private readonly folder: string;
  private readonly times: typeof usualTimes;
  private readonly bell = new Bell();
  private running: Promise<void> = Promise.resolve();
  /** One model is sent to the store at a time. */
  private readonly uploads = new Turns();
  /** What stores models that were ready before they were shared, by id. */
  private readonly sharing = new Map<string, Promise<void>>();
  private unsubscribe: () => Promise<void> = async () => undefined;
  /** Ids of folders that wait because a model of another server has the id. */
  private readonly conflicts = new Set<string>();
  private readonly onProcessor: Outcomes;
  private onGraphics: Outcomes | null = null;
  /** Ids without a folder that are listed as FAILED, with the time of the next attempt, ms of the process. */
  private readonly failures = new Map<string, { model: SharedModel; retryAt: number }>();
  /** Warnings that were given. */
  private readonly warnings = new Set<string>();
  /** Since when the folders of models that were added here are missing, ms of the process. */
  private readonly missing = new Map<string, number>();

  private constructor(
    private readonly parts: SharedModelsParts,
    private readonly record: SharedRecord,
  ) {
    this.folder = resolve(parts.folder);
    this.times = { ...usualTimes, ...parts.times };
    this.onProcessor = outcomesOf(parts.processor);
  }

  /** @throws an error when the folder cannot be written. */
  static async open(parts: SharedModelsParts): Promise<SharedModels> {
    const record = await SharedRecord.open(parts.folder);
    await sweepDrafts(parts.folder);
    return new SharedModels(parts, record);
  }

  /** Stores a dropped model for all machines, however long that takes. */
  readonly beforeTrial = async (model: FoundDropIn, signal: AbortSignal): Promise<void> => {
    // Every server gets these from a mirror.
    if (!mirroredModels.includes(model.id)) await this.shareEventually(model, signal);
  };

  /** Has a shared model tried by one machine with the same kind of processor. */
  readonly tryModel: TryModel = async (model, signal) => {
    const { id, file, card, isRetry } = model;
    const { run } = this.parts.processor;
    if (mirroredModels.includes(id)) return run(model, signal);
    if (isRetry) await this.patientlySoon(signal, () => this.parts.trials.forgetRefusals({ sha256: file.sha256, cardSha256: card.sha256 }));
    return this.tryOnce(this.onProcessor, model, signal);
  };

  /** Has models tried by one machine with the same kind of graphics device, which paints here. */
  graphicsTrial(trial: DeviceTrial): GraphicsTrial {
    const { onGraphics: known } = this;
    // The process of the device may have been started again.
    const outcomes = known && isDeepStrictEqual(known.trial.kind, trial.kind) ? known : outcomesOf(trial);
    this.onGraphics = outcomes;
    const tryOnce = (model: ModelToTry, signal: AbortSignal) => this.tryOnce(outcomes, model, signal);
    return trialInUse(
      trial,
      (model, signal) => (mirroredModels.includes(model.id) ? trial.run(model, signal) : tryOnce(model, signal)),
      this.parts.warn,
    );
  }

  private async tryOnce(outcomes: Outcomes, model: ModelToTry, signal: AbortSignal): Promise<{ parameters: number }> {
    const { trials, inform, failed } = this.parts;
    const { trial: device, refused, undecided } = outcomes;
    const { id, file, card } = model;
    const { leaseMs, againMs: lookMs } = this.times;
    const patiently = <Result>(work: () => Promise<Result>) => this.patientlySoon(signal, work);
    const trial = { sha256: file.sha256, cardSha256: card.sha256, ...device.kind };
    for (const ids of [refused, undecided]) ids.delete(id);
    let isTriedHere = false;
    try {
      const outcome = await tryOnce({ trials, trial, leaseMs, lookMs, signal, patiently, failed }, () => {
        isTriedHere = true;
        inform(`The model ${id} is tried on this machine (${device.kind.device}).`);
        return device.run(model, signal);
      });
      // Others may have refused it for lack of time or memory.
      if (isTriedHere) await this.announce();
      return outcome;
    } catch (error) {
      if (!signal.aborted && error instanceof AtelierError) (error instanceof TrialCutShort ? undecided : refused).add(id);
      throw error;
    }
  }

  /** Begins to compare the list with the folder. */
  async start(folders: DropInFolders): Promise<void> {
    const { bus, failed } = this.parts;
    const wake = () => this.bell.ring();
    this.unsubscribe = await bus.subscribe("models", wake, wake);
    this.running = (async () => {
      while (!this.closing.signal.aborted) {
        await this.look(folders).catch(failed);
        await this.bell.wait(this.times.lookMs, this.closing.signal);
      }
    })();
  }

  /** Ends what it fetches. */
  async close(): Promise<void> {
    this.closing.abort(unavailable("The server closes."));
    await this.unsubscribe();
    await this.running;
    await Promise.all(this.sharing.values());
  }

  private async look(folders: DropInFolders): Promise<void> {
    // Where a disk is not mounted, all models are missing, and none was removed.
    if (!(await this.record.isThere())) {
      return this.warnOnce("The folder of models was emptied or replaced. Models are shared again when the server was restarted.");
    }
    const listed = await this.parts.store.list(this.parts.processor.kind);
    await this.followGraphics(folders);
    const found = new Map(folders.found().map((model) => [model.id, model]));
    for (const model of listed) {
      if (this.closing.signal.aborted || mirroredModels.includes(model.id)) continue;
      const here = found.get(model.id);
      await (model.removed ? this.drop(model, here, folders) : this.take(model, here, folders)).catch(this.parts.failed);
    }
    const shared = new Map(listed.filter(({ removed }) => !removed).map((model) => [model.id, model]));
    for (const model of found.values()) {
      if (shared.has(model.id)) continue;
      if (this.conflicts.delete(model.id)) folders.checkAgain(model.id, false);
      // It passed its trial before servers shared models, or in a database that was restored since.
      else if (model.isReady && (await isThere(model.path))) this.shareMeanwhile(model, folders);
    }
  }

  /** Takes over what other machines with the same graphics device have found out. */
  private async followGraphics(folders: DropInFolders): Promise<void> {
    const { onGraphics } = this;
    if (!onGraphics || onGraphics.refused.size + onGraphics.undecided.size === 0) return;
    for (const { id, verdict } of await this.parts.store.list(onGraphics.trial.kind)) {
      const wasRefused = onGraphics.refused.has(id);
      if (!isDecidedElsewhere(onGraphics, id, verdict)) continue;
      if (wasRefused) folders.checkAgain(id, false);
      else folders.tryOnAgain(id);
    }
  }

  /** Begins to store a model that is in use, unless that was begun. */
  private shareMeanwhile(model: FoundDropIn, folders: DropInFolders): void {
    const { id } = model;
    const { signal } = this.closing;
    if (this.sharing.has(id)) return;
    const isHere = () => folders.found().some((here) => here.id === id && here.isReady && isSameModel(here, model));
    const sharing = this.shareEventually(model, signal, isHere).catch((error: unknown) => {
      if (!signal.aborted) this.parts.failed(error);
    });
    this.sharing.set(
      id,
      sharing.then(() => void this.sharing.delete(id)),
    );
  }

  /** Has a model of the list here. */
  private async take(model: ListedModel, here: Found | undefined, folders: DropInFolders): Promise<void> {
    const { id, origin } = model;
    const { member } = this.record;
    if (here && isSameModel(here, model)) {
      if (isDecidedElsewhere(this.onProcessor, id, model.verdict)) folders.checkAgain(id, false);
    } else if (here) {
      if (origin === member) return;
      if (this.isCopy(here)) await this.fetch(model, folders, { replaces: true });
      else if (here.isReady) folders.checkAgain(id, false);
    } else if (!(await isThere(join(this.folder, id)))) {
      if (origin === member) await this.withdraw(id);
      else if (folders.isTaken(id)) this.warnOnce(`The shared model ${id} cannot be used here: another model of this server has its id.`);
      else await this.fetch(model, folders);
      return;
    }
    this.missing.delete(id);
  }

  /** Has a removed model here no longer, unless it was added here too. */
  private async drop({ id }: ListedModel, here: Found | undefined, folders: DropInFolders): Promise<void> {
    if (this.failures.delete(id)) folders.showMissing(id, null);
    if (!this.record.copyOf(id)) return;
    const isHere = await isThere(join(this.folder, id));
    // One that is being checked is looked at again when it was.
    if (isHere && !here) return;
    if (here && this.isCopy(here)) {
      await removeCopy(this.folder, id);
      this.parts.inform(`The model ${id} was removed where it was added, and so here.`);
    }
    await this.record.setCopy(id, null);
  }

  private async fetch(model: ListedModel, folders: DropInFolders, { replaces = false } = {}): Promise<void> {
    const { id } = model;
    const failure = this.failures.get(id);
    if (failure && isSameModel(failure.model, model) && performance.now() < failure.retryAt) return;
    try {
      const draft = await fetchModel(this.parts.store, model, this.folder, this.closing.signal);
      if (replaces && folders.found().some((here) => here.id === id && this.isCopy(here))) await removeCopy(this.folder, id);
      // First, so that a server that is killed in between never takes the copy for a model that was added here.
      await this.record.setCopy(id, model);
      if (!(await installCopy(draft, join(this.folder, id)))) return this.record.setCopy(id, null);
      this.failures.delete(id);
      this.parts.inform(`The model ${id}, which was added on ${model.machine}, was copied here.`);
    } catch (error) {
      if (this.closing.signal.aborted) return;
      if (error instanceof StorageUnavailable) throw error;
      if (!(error instanceof AtelierError)) this.parts.failed(error);
      const { message } = downloadError(error);
      this.failures.set(id, { model, retryAt: performance.now() + this.times.retryMs });
      folders.showMissing(id, message);
      this.parts.warn(`The model ${id}, which was added on ${model.machine}, could not be copied here. ${message}`);
    }
  }

  /** Removes a model everywhere once its folder, which was here, has been missing for a moment. */
  private async withdraw(id: string): Promise<void> {
    const since = this.missing.get(id) ?? performance.now();
    this.missing.set(id, since);
    if (performance.now() - since < this.times.goneMs) return;
    this.missing.delete(id);
    if (!(await this.parts.store.remove(id, this.record.member))) return;
    this.parts.inform(`The model ${id} was removed here, and so everywhere.`);
    await this.announce();
  }

  /** Stores a model that was added here, again and again while that fails, and while `isWanted`. */
  private async shareEventually(model: FoundDropIn, signal: AbortSignal, isWanted = () => true): Promise<void> {
    const share = async () => isWanted() && this.share(model, signal);
    await this.patiently(share, this.times.longestAgainMs, signal, ({ message }) =>
      this.parts.warn(`The model ${model.id} cannot be stored for the other servers now; it is tried again. ${message}`),
    );
  }

  /**
   * Stores a model that was added here, unless it is stored already.
   * @throws AtelierError CONFLICT when another server added another model with this id, NOT_FOUND for a copy of a removed model,
   * StorageUnavailable; an error of the signal.
   */
  private async share(model: FoundDropIn, signal: AbortSignal): Promise<void> {
    const { store, processor, machine, inform } = this.parts;
    const { id, path, file, card } = model;
    const { member } = this.record;
    const listed = (await store.list(processor.kind)).find((other) => other.id === id);
    if (listed && !listed.removed && isSameModel(listed, model)) return;
    if (listed && !listed.removed && listed.origin !== member) throw this.taken(listed);
    if (listed?.removed && this.isCopy(model)) throw new AtelierError("NOT_FOUND", "It was removed on the machine where it was added.");
    await this.uploads.take(async () => {
      signal.throwIfAborted();
      await store.put(file, createReadStream(path, { signal }));
      signal.throwIfAborted();
      await store.put(card, createReadStream(join(dirname(path), "card.json"), { signal }));
    });
    const kept = await store.add({ id, file, card, origin: member, machine });
    if (!isSameModel(kept, model)) throw this.taken(kept);
    if (kept.origin === member) await this.record.setCopy(id, null);
    inform(`The model ${id} was added here, and is copied to all servers.`);
    await this.announce();
  }

  private taken({ id, machine }: SharedModel): AtelierError {
    this.conflicts.add(id);
    // The log may name the machine; clients see the error.
    this.parts.warn(`The folder ${id} has another model than the one that was added on the machine ${machine} before.`);
    const advice = "Give this folder and its card another id, or remove the other model there; the server's log names the machine.";
    return new AtelierError("CONFLICT", `Another model ${id} was added on another machine before. ${advice}`);
  }

  private warnOnce(line: string): void {
    if (this.warnings.has(line)) return;
    this.warnings.add(line);
    this.parts.warn(line);
  }

  private isCopy(here: FoundDropIn): boolean {
    const copy = this.record.copyOf(here.id);
    return copy !== null && isSameModel(copy, here);
  }

  private patientlySoon<Result>(signal: AbortSignal, work: () => Promise<Result>): Promise<Result> {
    return this.patiently(work, this.times.lookMs, signal, this.parts.failed);
  }

  private async announce(): Promise<void> {
    this.bell.ring();
    await this.parts.bus.publish("models", { type: "changed" });
  }

  /**
   * Does work on the store, again and again while it cannot be reached or is full, after waits that double up to `longestMs`.
   * `failing` receives the first failure.
   */
  private async patiently<Result>(
    work: () => Promise<Result>,
    longestMs: number,
    signal: AbortSignal,
    failing: (error: StorageUnavailable) => void,
  ): Promise<Result> {
    for (let waitMs = this.times.againMs, attempt = 1; ; attempt++) {
      try {
        return await work();
      } catch (error) {
        signal.throwIfAborted();
        if (!(error instanceof StorageUnavailable)) throw error;
        if (attempt === 1) failing(error);
        await delay(waitMs, undefined, { signal });
        waitMs = Math.min(2 * waitMs, longestMs);
      }
    }
  }
}
