import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { AtelierError, unavailable } from "../../errors.js";
import type { Model, ModelFacts, ModelFile, ModelSource } from "../model.js";
import { downloadError } from "./download.js";
import { TransferError } from "./http.js";
import { checksumFailure, type FoundModel, readModel } from "./model-folder.js";

/** What all entries share. */
export interface EntryContext {
  /** Folder of downloaded models; null where nothing may be downloaded. */
  folder: string | null;
  /** Called after each change of state, and of progress by a hundredth. */
  changed(model: Model): void;
  /** Receives errors that are not everyday failures of networks and servers. */
  report(error: unknown): void;
}

interface RunningDownload {
  readonly abort: AbortController;
  /** Never rejects: the outcome is the entry's state. */
  readonly ended: Promise<void>;
  progress: number;
}

/** One model: on disk, available for download, being downloaded, or failed. */
export class ModelEntry {
  private running: RunningDownload | null = null;
  private verification: Promise<void> | null = null;
  private downloaded = false;
  /** Whether it is downloaded on demand although it failed: the network may recover, or its file here was bad. */
  private willRetry = false;

  private constructor(
    private readonly context: EntryContext,
    private facts: ModelFacts,
    private file: ModelFile | null,
    private source: ModelSource | null,
    private failure: string | null,
  ) {}

  static ofFile({ failure, ...file }: FoundModel, context: EntryContext): ModelEntry {
    return new ModelEntry(context, file.card, file, null, failure);
  }

  static ofSource(source: ModelSource, context: EntryContext): ModelEntry {
    return new ModelEntry(context, source.facts, null, source, null);
  }

  static failed(facts: ModelFacts, failure: string, context: EntryContext): ModelEntry {
    return new ModelEntry(context, facts, null, null, failure);
  }

  get model(): Model {
    const { id, title, task, family, size, parameters, bytes, licence, source, architecture, translation, takes } = this.facts;
    const facts = { id, title, task, family, size, parameters, bytes, licence, source, architecture, translation, takes };
    const { state, failure, willRetry, running } = this;
    return {
      ...facts,
      minSize: translation?.minSize ?? null,
      state,
      downloadProgress: running?.progress ?? null,
      failure,
      willRetry,
      removed: false,
    };
  }

  get state(): Model["state"] {
    if (this.running) return "DOWNLOADING";
    if (this.failure !== null) return "FAILED";
    return this.file ? "READY" : "AVAILABLE";
  }

  /** Whether to list it: it is here, or may be downloaded. */
  get isOffered(): boolean {
    return this.state !== "AVAILABLE" || this.context.folder !== null;
  }

  /** Whether a download can be started now. */
  get canDownload(): boolean {
    return (this.state === "AVAILABLE" || this.state === "FAILED") && this.source !== null && this.context.folder !== null;
  }

  /** Whether its file was downloaded, and so verified, since the server started. */
  get wasDownloaded(): boolean {
    return this.downloaded;
  }

  /** Path of its file; null where it is not here. */
  get path(): string | null {
    return this.file?.path ?? null;
  }

  /** Checksum of its file as the card states it; null where it is not here. */
  get sha256(): string | null {
    return this.file?.card.sha256 ?? null;
  }

  /** Whether a session has to wait for a download of it, one that runs or one that starts when the model is needed. */
  get needsDownload(): boolean {
    return this.state === "AVAILABLE" || this.state === "DOWNLOADING" || this.willRetry;
  }

  /** Why no session can use it now; null when it is here, being downloaded or available for download. */
  get unusableReason(): string | null {
    if (this.failure !== null && !this.willRetry) return this.failureMessage(this.failure);
    if (this.file || this.context.folder !== null) return null;
    return `The model ${this.facts.id} is not on this server, which downloads nothing (ATELIER_OFFLINE).`;
  }

  /** Sets the place that it can be downloaded from when it is not here or turns out to be damaged. */
  setSource(source: ModelSource): void {
    if (this.running) return;
    this.source = source;
    if (this.file) return;
    this.facts = source.facts;
    this.context.changed(this.model);
  }

  /** Uses another file from now on; not to be called during a download. */
  setFile({ failure, ...file }: FoundModel): void {
    this.facts = file.card;
    this.replaceFile(file, failure);
  }

  /** Becomes FAILED and has no file from now on. Sessions that have opened the file keep what they read. */
  dropFile(failure: string, facts: ModelFacts = this.facts): void {
    this.facts = facts;
    this.replaceFile(null, failure);
  }

  /** Drops the file and becomes AVAILABLE from its source. Returns false where there is no source. */
  revertToSource(): boolean {
    if (!this.source) return false;
    this.facts = this.source.facts;
    this.replaceFile(null, null);
    return true;
  }

  /**
   * The verified file; waits until it is downloaded.
   * @throws AtelierError UNAVAILABLE; the signal's reason when it aborts.
   */
  async verifiedFile(signal?: AbortSignal): Promise<ModelFile> {
    signal?.throwIfAborted();
    const { unusableReason } = this;
    if (unusableReason !== null) throw unavailable(unusableReason, { field: "model" });
    if (!this.file) {
      this.startDownload("model");
      if (this.running) await unlessAborted(this.running.ended, signal);
    }
    if (this.file) {
      this.verification ??= this.verify(this.file);
      await unlessAborted(this.verification, signal);
    }
    if (this.failure !== null) throw unavailable(this.failureMessage(this.failure), { field: "model" });
    if (this.file) return this.file;
    throw unavailable(`The download of the model ${this.facts.id} was cancelled.`, { field: "model" });
  }

  /**
   * Starts a download unless the model is here or one runs already.
   * @param field named in the error.
   * @throws AtelierError UNAVAILABLE when the model cannot be downloaded.
   */
  startDownload(field: string): void {
    const { source, context } = this;
    if (this.state === "READY" || this.state === "DOWNLOADING") return;
    if (context.folder === null || !source) {
      throw unavailable(this.unusableReason ?? `The model ${this.facts.id} cannot be downloaded.`, { field });
    }
    const abort = new AbortController();
    const ended = this.download(source, join(context.folder, this.facts.id), abort.signal);
    this.running = { abort, ended, progress: 0 };
    this.failure = null;
    this.willRetry = false;
    context.changed(this.model);
  }

  /** Ends a download; the bytes that arrived are kept for the next one. Returns false when none runs. */
  async cancelDownload(): Promise<boolean> {
    if (!this.running) return false;
    const { abort, ended } = this.running;
    abort.abort();
    await ended;
    return true;
  }

  private replaceFile(file: ModelFile | null, failure: string | null): void {
    this.file = file;
    this.downloaded = false;
    this.verification = null;
    this.failure = failure;
    this.willRetry = failure !== null && file === null && this.source !== null && this.context.folder !== null;
    this.context.changed(this.model);
  }

  private async download(source: ModelSource, folder: string, signal: AbortSignal): Promise<void> {
    try {
      await mkdir(folder, { recursive: true });
      await source.download({ folder, signal, progress: (done) => this.setProgress(done) });
      const found = await readModel(join(folder, ".."), this.facts.id);
      if (!found || found.failure !== null) throw unavailable(found?.failure ?? "Its card is not there.");
      this.facts = found.card;
      this.file = { card: found.card, path: found.path };
      this.verification = Promise.resolve();
      this.downloaded = true;
    } catch (error) {
      if (!(error instanceof AtelierError) && !(signal.aborted && error === signal.reason)) this.context.report(error);
      if (!signal.aborted) {
        const { message, cause } = downloadError(error);
        this.failure = message;
        this.willRetry = cause instanceof TransferError && cause.temporary;
      }
    }
    this.running = null;
    this.context.changed(this.model);
  }

  private setProgress(done: number): void {
    if (!this.running) return;
    const before = this.running.progress;
    this.running.progress = Math.min(1, Math.max(0, done));
    if (Math.floor(before * 100) !== Math.floor(this.running.progress * 100)) this.context.changed(this.model);
  }

  private async verify(file: ModelFile): Promise<void> {
    try {
      this.failure = await checksumFailure(file);
    } catch (error) {
      // The file may be readable at the next attempt.
      this.verification = null;
      throw error;
    }
    if (this.failure === null) return;
    // A damaged file that has a source can be downloaded again.
    if (this.source) this.file = null;
    this.context.changed(this.model);
  }

  private failureMessage(failure: string): string {
    return `The model ${this.facts.id} cannot be used. ${failure}`;
  }
}

/** Waits for `work`, but no longer than until `signal` aborts. */
function unlessAborted(work: Promise<void>, signal?: AbortSignal): Promise<void> {
  if (!signal) return work;
  return new Promise((resolve, reject) => {
    const leave = () => reject(signal.reason);
    if (signal.aborted) leave();
    signal.addEventListener("abort", leave);
    void work.then(resolve, reject).finally(() => signal.removeEventListener("abort", leave));
  });
}
