import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { AtelierError } from "../../errors.js";
import type { Model, ModelFacts, ModelFile } from "../model.js";
import { unavailable } from "./download.js";
import { checksumFailure, type FoundModel, readModel } from "./folders.js";
import { TransferError } from "./http.js";
import type { ModelSource } from "./source.js";

/** Where entries fetch to, and whom they tell. */
export interface EntryParts {
  /** Folder of fetched models; null where nothing may be fetched. */
  folder: string | null;
  /** Told after each change of state and of progress by a hundredth. */
  changed(model: Model): void;
  /** Told of errors that are no everyday failures of networks and servers. */
  report(error: unknown): void;
}

interface Fetch {
  readonly abort: AbortController;
  /** Never rejects: the outcome is the entry's state. */
  readonly ended: Promise<void>;
  progress: number;
}

/** One model: on disk, or to be fetched, or on its way. */
export class ModelEntry {
  private fetching: Fetch | null = null;
  private verified: Promise<void> | null = null;
  private cause: string | null;
  private fetched = false;
  /** Whether it is fetched again nevertheless: the cause is a network or server that may be well again, or a file here. */
  private temporary = false;

  private constructor(
    private readonly parts: EntryParts,
    private known: ModelFacts,
    private file: ModelFile | null,
    private source: ModelSource | null,
    failure: string | null,
  ) {
    this.cause = failure;
  }

  static ofFile({ failure, ...file }: FoundModel, parts: EntryParts): ModelEntry {
    return new ModelEntry(parts, file.card, file, null, failure);
  }

  static ofSource(source: ModelSource, parts: EntryParts): ModelEntry {
    return new ModelEntry(parts, source.facts, null, source, null);
  }

  /** One that cannot be used, of which there is no more than facts. */
  static refused(facts: ModelFacts, cause: string, parts: EntryParts): ModelEntry {
    return new ModelEntry(parts, facts, null, null, cause);
  }

  get model(): Model {
    const { id, title, task, family, size, parameters, bytes, licence, source, architecture, translation, takes } = this.known;
    const facts = { id, title, task, family, size, parameters, bytes, licence, source, architecture, translation, takes };
    const { state, cause, fetching } = this;
    return {
      ...facts,
      minSize: translation?.minSize ?? null,
      state,
      downloadProgress: fetching?.progress ?? null,
      failure: cause,
      willRetry: this.temporary,
      removed: false,
    };
  }

  /** Whether it can be had from elsewhere. */
  get canBeFetched(): boolean {
    return this.source !== null;
  }

  /** Whether its file was fetched, and so verified, since the server started. */
  get wasFetched(): boolean {
    return this.fetched;
  }

  /** Of its file; null where it is not here. */
  get path(): string | null {
    return this.file?.path ?? null;
  }

  /** Of its file, as its card tells; null where it is not here. */
  get sha256(): string | null {
    return this.file?.card.sha256 ?? null;
  }

  get state(): Model["state"] {
    if (this.fetching) return "DOWNLOADING";
    if (this.cause !== null) return "FAILED";
    return this.file ? "READY" : "AVAILABLE";
  }

  /** Whether it has to be waited for: on its way or to be fetched, also once more where only the network had failed. */
  get pending(): boolean {
    return this.state === "AVAILABLE" || this.state === "DOWNLOADING" || this.temporary;
  }

  /** Why nobody can use it as things are; null when it is here, on its way or can be fetched. */
  get refusal(): string | null {
    if (this.cause !== null && !this.temporary) return this.failed(this.cause);
    if (this.file || this.parts.folder !== null) return null;
    return `The model ${this.known.id} is not on this server, which is not to fetch anything (ATELIER_OFFLINE).`;
  }

  /** Says where it can be had from now on: what is not here, or turns out to be damaged. */
  offer(source: ModelSource): void {
    if (this.fetching) return;
    this.source = source;
    if (this.file) return;
    this.known = source.facts;
    this.parts.changed(this.model);
  }

  /** Takes a file that somebody put in its place; not while it is fetched. */
  place({ failure, ...file }: FoundModel): void {
    this.known = file.card;
    this.put(file, failure);
  }

  /** Has no file from now on and is FAILED for that reason, known by `facts`. Whoever opened the file keeps what was read. */
  withdraw(cause: string, facts: ModelFacts = this.known): void {
    this.known = facts;
    this.put(null, cause);
  }

  /** Goes back to where it can be had from. False where that is nowhere. */
  recede(): boolean {
    if (!this.source) return false;
    this.known = this.source.facts;
    this.put(null, null);
    return true;
  }

  private put(file: ModelFile | null, cause: string | null): void {
    this.file = file;
    this.fetched = false;
    this.verified = null;
    this.cause = cause;
    // What can be fetched is, when it is wanted.
    this.temporary = cause !== null && file === null && this.source !== null && this.parts.folder !== null;
    this.parts.changed(this.model);
  }

  /** The verified file; waits until it is fetched. @throws AtelierError UNAVAILABLE; the signal's reason when it aborts. */
  async ready(signal?: AbortSignal): Promise<ModelFile> {
    signal?.throwIfAborted();
    const { refusal } = this;
    if (refusal !== null) throw new AtelierError("UNAVAILABLE", refusal, { field: "model" });
    if (!this.file) {
      this.begin("model");
      if (this.fetching) await unlessAborted(this.fetching.ended, signal);
    }
    if (this.file) {
      this.verified ??= this.verify(this.file);
      await unlessAborted(this.verified, signal);
    }
    if (this.cause !== null) throw new AtelierError("UNAVAILABLE", this.failed(this.cause), { field: "model" });
    if (this.file) return this.file;
    throw new AtelierError("UNAVAILABLE", `The download of the model ${this.known.id} was cancelled.`, { field: "model" });
  }

  /** Begins to fetch what is not here and not on its way. @throws AtelierError UNAVAILABLE, of `field`, when it cannot be fetched. */
  begin(field: string): void {
    const { source, parts } = this;
    if (this.state === "READY" || this.state === "DOWNLOADING") return;
    if (parts.folder === null || !source) {
      throw new AtelierError("UNAVAILABLE", this.refusal ?? `The model ${this.known.id} cannot be fetched.`, { field });
    }
    const abort = new AbortController();
    const ended = this.run(source, join(parts.folder, this.known.id), abort.signal);
    this.fetching = { abort, ended, progress: 0 };
    this.cause = null;
    this.temporary = false;
    parts.changed(this.model);
  }

  /** Ends a fetch; what came is kept for the next one. False when there is none. */
  async cancel(): Promise<boolean> {
    if (!this.fetching) return false;
    const { abort, ended } = this.fetching;
    abort.abort();
    await ended;
    return true;
  }

  private failed(cause: string): string {
    return `The model ${this.known.id} cannot be used. ${cause}`;
  }

  private async run(source: ModelSource, folder: string, signal: AbortSignal): Promise<void> {
    try {
      await mkdir(folder, { recursive: true });
      await source.fetch({ folder, signal, progress: (done) => this.proceed(done) });
      const found = await readModel(join(folder, ".."), this.known.id);
      if (!found || found.failure !== null) throw new AtelierError("UNAVAILABLE", found?.failure ?? "Its card is not there.");
      this.known = found.card;
      this.file = { card: found.card, path: found.path };
      this.verified = Promise.resolve();
      this.fetched = true;
    } catch (error) {
      if (!(error instanceof AtelierError) && !(signal.aborted && error === signal.reason)) this.parts.report(error);
      if (!signal.aborted) {
        const { message, cause } = unavailable(error);
        this.cause = message;
        this.temporary = cause instanceof TransferError && cause.temporary;
      }
    }
    this.fetching = null;
    this.parts.changed(this.model);
  }

  private proceed(done: number): void {
    if (!this.fetching) return;
    const before = this.fetching.progress;
    this.fetching.progress = Math.min(1, Math.max(0, done));
    if (Math.floor(before * 100) !== Math.floor(this.fetching.progress * 100)) this.parts.changed(this.model);
  }

  private async verify(file: ModelFile): Promise<void> {
    try {
      this.cause = await checksumFailure(file);
    } catch (error) {
      // The next one who wants it may have more luck.
      this.verified = null;
      throw error;
    }
    if (this.cause === null) return;
    // A fetched file that was damaged since can be fetched once more.
    if (this.source) this.file = null;
    this.parts.changed(this.model);
  }
}

/** Waits for `work`, and not for its end when `signal` aborts first. */
function unlessAborted(work: Promise<void>, signal?: AbortSignal): Promise<void> {
  if (!signal) return work;
  return new Promise((resolve, reject) => {
    const leave = () => reject(signal.reason);
    if (signal.aborted) leave();
    signal.addEventListener("abort", leave);
    void work.then(resolve, reject).finally(() => signal.removeEventListener("abort", leave));
  });
}
