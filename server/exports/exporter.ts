import { randomUUID } from "node:crypto";
import { mkdir, readdir, rename, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import type { Bus } from "../bus/bus.js";
import { AtelierError, beyondLimit, conflict, notFound, StorageUnavailable, unavailable } from "../errors.js";
import { FREE_PLACE_S } from "../limits/allowances.js";
import { isApproved, LOCAL_OWNER } from "../records/access.js";
import type { SessionRecord } from "../records/session.js";
import { Feed } from "../sessions/watch/feed.js";
import type { Storage } from "../storage/storage.js";
import { animationEncoder } from "./animation.js";
import { EncoderError, runEncoder } from "./encoder-process.js";
import { type ExportRecord, exportLimits, type FilmFormat, filmTypes, hasEnded } from "./export.js";
import { filmPictures } from "./film-pictures.js";
import { type FilmInput, resolveFilmSettings } from "./film-settings.js";
import { askForVideos, findFfmpeg, type Videos, videoEncoder } from "./video.js";

/** Shortest time between two reports of progress, ms. */
const PROGRESS_INTERVAL_MS = 200;

export interface ExporterParts {
  storage: Storage;
  bus: Bus;
  /** Folder of finished films. What an earlier server left in it is deleted. */
  folder: string;
  /** Receives errors that are the server's own fault. */
  report: (error: unknown) => void;
  /** Path of ffmpeg; null for none. By default it is looked for on the PATH. */
  ffmpeg?: string | null;
}

interface Job {
  record: ExportRecord;
  /** Whether who asked for it sees everything, whatever is hidden from others. */
  readonly seesAll: boolean;
  /** Finished films of its owner that are kept, this one included. */
  readonly mostKept: number;
  readonly abort: AbortController;
}

/** Who asks for a film. */
export type FilmOwner = Pick<Job, "seesAll"> & Partial<Pick<Job, "mostKept">> & { ownerId: string };

/**
 * Makes films of sessions, one at a time, while sessions run. A film is deleted after a day, with its session, or when
 * the server starts again; where an owner has more than are kept, the oldest goes.
 */
export class Exporter {
  private readonly jobs = new Map<string, Job>();
  private readonly listeners = new Map<string, Set<(record: ExportRecord) => void>>();
  private queue: Promise<void> = Promise.resolve();
  private removing: Promise<void> = Promise.resolve();
  private closed = false;
  private readonly expiry: NodeJS.Timeout;
  private unsubscribe: (() => Promise<void>) | null = null;

  private constructor(
    private readonly parts: ExporterParts,
    private readonly ffmpeg: string | null,
    private readonly videos: Videos,
  ) {
    this.expiry = setInterval(() => this.remove(isExpired), exportLimits.keptMs / 24);
    this.expiry.unref();
  }

  static async open(parts: ExporterParts): Promise<Exporter> {
    await mkdir(parts.folder, { recursive: true });
    for (const name of await readdir(parts.folder)) await rm(join(parts.folder, name), { recursive: true, force: true });
    const ffmpeg = parts.ffmpeg === undefined ? await findFfmpeg() : parts.ffmpeg;
    const exporter = new Exporter(parts, ffmpeg, await askForVideos(ffmpeg, parts.report));
    exporter.unsubscribe = await parts.bus.subscribe(
      "sessions",
      (event) =>
        event.type === "deleted"
          ? exporter.sessionChanged(event.sessionId, null)
          : exporter.sessionChanged(event.session.id, event.session),
      () => void exporter.readSessions(),
    );
    return exporter;
  }

  /** Formats that this machine can make. */
  get formats(): FilmFormat[] {
    return ["WEBP", "GIF", ...this.videos.formats];
  }

  /**
   * Queues an export for its owner. `requirePlace` is called with how many of the owner's exports wait or run.
   * @throws AtelierError BAD_INPUT, NOT_FOUND, LIMIT (with field and limit); UNAVAILABLE for a format that needs ffmpeg
   * where there is none.
   */
  async start(
    input: FilmInput,
    { ownerId, seesAll, mostKept = Number.POSITIVE_INFINITY }: FilmOwner = { ownerId: LOCAL_OWNER, seesAll: true },
    requirePlace: (open: number) => void = () => undefined,
  ): Promise<ExportRecord> {
    const settings = await resolveFilmSettings(this.parts.storage, input);
    const { format } = settings;
    if (!this.formats.includes(format)) {
      throw new AtelierError("UNAVAILABLE", `${format} needs ${this.videos.lack}.`, {
        field: "input.format",
        limit: this.formats.join(", "),
        allowed: this.formats,
      });
    }
    this.requirePlaces(ownerId, requirePlace);
    // Refuses a film that cannot be made now, and not when its turn comes.
    await filmPictures(this.parts.storage, settings);
    await this.parts.storage.space.storing(0, async () => undefined);
    // Others may have been started meanwhile.
    this.requirePlaces(ownerId, requirePlace);
    const [id, createdAt] = [randomUUID(), new Date()];
    const record: ExportRecord = { id, ownerId, settings, state: "QUEUED", progress: 0, createdAt, error: null, bytes: null };
    const job = { record, seesAll, mostKept, abort: new AbortController() };
    this.jobs.set(record.id, job);
    this.queue = this.queue.then(() => this.run(job));
    return record;
  }

  private requirePlaces(ownerId: string, requirePlace: (open: number) => void): void {
    const open = [...this.jobs.values()].filter(({ record }) => !hasEnded(record));
    requirePlace(open.filter(({ record }) => record.ownerId === ownerId).length);
    if (open.length < exportLimits.open) return;
    throw beyondLimit(
      `At most ${exportLimits.open} exports may wait or run at a time. Try again in ${FREE_PLACE_S} seconds.`,
      exportLimits.open,
      {
        ...{ limitName: "exports", unit: "exports", retryAfter: FREE_PLACE_S },
      },
    );
  }

  /** Exports that show a session, oldest first. */
  ofSession(sessionId: string): ExportRecord[] {
    const records = [...this.jobs.values()].map(({ record }) => record);
    return records.filter(({ settings }) => settings.sessionId === sessionId || settings.besideId === sessionId);
  }

  /** Bytes of the finished films of an owner. */
  byteLengthOf(ownerId: string): number {
    const records = [...this.jobs.values()].map(({ record }) => record);
    return records.reduce((sum, record) => sum + (record.ownerId === ownerId ? (record.bytes ?? 0) : 0), 0);
  }

  find(id: string): ExportRecord | null {
    return this.jobs.get(id)?.record ?? null;
  }

  /** @throws AtelierError NOT_FOUND; CONFLICT for an export that has ended. */
  async cancel(id: string): Promise<ExportRecord> {
    const job = this.jobs.get(id);
    if (!job) throw noExport();
    if (hasEnded(job.record)) throw conflict("id", `The export is already ${job.record.state}.`);
    this.change(job, { state: "CANCELLED" });
    job.abort.abort();
    return job.record;
  }

  /** Path of a finished film. @throws AtelierError NOT_FOUND. */
  fileOf(id: string): { path: string; record: ExportRecord } {
    const record = this.find(id);
    if (record?.state !== "COMPLETED") throw notFound("id", "There is no such export, or it is not finished.");
    return { path: this.pathOf(record), record };
  }

  /** The newest states of an export: the current one first. Ends with the export. @throws AtelierError NOT_FOUND. */
  follow(id: string): Promise<Feed<ExportRecord>> {
    const record = this.find(id);
    if (!record) throw noExport();
    return Feed.open((feed) => {
      const offer = (newest: ExportRecord) => {
        feed.offer(newest);
        if (hasEnded(newest)) feed.end();
      };
      offer(record);
      return this.watch(id, offer);
    });
  }

  /** Ends the export in work; those that wait never begin. */
  async close(): Promise<void> {
    this.closed = true;
    clearInterval(this.expiry);
    await this.unsubscribe?.();
    for (const { abort } of this.jobs.values()) abort.abort();
    await this.queue;
    await this.removing;
  }

  /** Calls `listener` after each change of an export. Returns the function that ends this. */
  private watch(id: string, listener: (record: ExportRecord) => void): () => void {
    const listeners = this.listeners.get(id) ?? new Set();
    this.listeners.set(id, listeners.add(listener));
    return () => {
      listeners.delete(listener);
      if (listeners.size === 0) this.listeners.delete(id);
    };
  }

  private async run(job: Job): Promise<void> {
    if (job.record.state !== "QUEUED" || this.closed) return;
    this.change(job, { state: "RUNNING" });
    const path = this.pathOf(job.record);
    const draft = `${path}.draft`;
    try {
      await this.make(job, draft);
      await rename(draft, path);
      // The export may have been cancelled while its file was renamed.
      const { size } = await stat(path);
      if (hasEnded(job.record)) await rm(path, { force: true });
      else {
        this.change(job, { state: "COMPLETED", progress: 1, bytes: size });
        this.removeOldest(job);
      }
    } catch (error) {
      await rm(draft, { force: true });
      if (!hasEnded(job.record)) this.fail(job, error);
    }
  }

  private async make(job: Job, path: string): Promise<void> {
    const { settings } = job.record;
    const { format } = settings;
    const pictures = await filmPictures(this.parts.storage, settings);
    let ready = 0;
    let reportedAt = Number.NEGATIVE_INFINITY;
    const onPicture = () => {
      ready++;
      if (performance.now() - reportedAt < PROGRESS_INTERVAL_MS) return;
      reportedAt = performance.now();
      // The last 5 % are the encoding after the last picture.
      if (!hasEnded(job.record)) this.change(job, { progress: (0.95 * ready) / pictures.count });
    };
    const encoder =
      format === "WEBP" || format === "GIF"
        ? animationEncoder(path, pictures, settings, format)
        : videoEncoder(this.ffmpeg ?? "ffmpeg", path, pictures, settings, format);
    await this.encode(encoder, pictures, { onPicture, signal: job.abort.signal });
    const { skipped, count } = pictures;
    if (skipped > 0)
      this.parts.report(new Error(`A film leaves out ${skipped} of ${count} pictures, which are missing, damaged or unreadable.`));
  }

  /** @throws StorageUnavailable when the encoder failed because the disk is full. */
  private async encode(...[encoder, pictures, progress]: Parameters<typeof runEncoder>): Promise<void> {
    try {
      await runEncoder(encoder, pictures, progress);
    } catch (error) {
      const obstacle = error instanceof EncoderError ? await this.parts.storage.space.obstacle() : null;
      throw obstacle === null ? error : new StorageUnavailable(obstacle, error);
    }
  }

  private fail(job: Job, error: unknown): void {
    if (!(error instanceof AtelierError)) this.parts.report(error);
    const shown = shownFailure(error);
    this.change(job, { state: "FAILED", error: { code: shown.code, message: shown.message } });
  }

  private change(job: Job, changes: Partial<ExportRecord>): void {
    job.record = { ...job.record, ...changes };
    for (const listener of this.listeners.get(job.record.id) ?? []) listener(job.record);
  }

  private pathOf({ id, settings }: ExportRecord): string {
    return join(this.parts.folder, `${id}.${filmTypes[settings.format].extension}`);
  }

  /** Films of a session that is deleted, with null, or hidden go with it. */
  private sessionChanged(id: string, session: SessionRecord | null): void {
    if (session === null) this.remove(({ settings }) => shows(settings, id));
    else if (session.visibility === "PRIVATE" || !isApproved(session)) this.cancelForeign(session);
  }

  /** Reads the sessions of all films: changes of theirs were lost. */
  private async readSessions(): Promise<void> {
    try {
      const settings = [...this.jobs.values()].map(({ record }) => record.settings);
      const ids = new Set(settings.flatMap(({ sessionId, besideId }) => (besideId === null ? [sessionId] : [sessionId, besideId])));
      const found = await this.parts.storage.sessions.findAll([...ids]);
      for (const id of ids) this.sessionChanged(id, found.get(id) ?? null);
    } catch (error) {
      this.parts.report(error);
    }
  }

  /** Removes, in the background, the exports for which `isOld` holds. */
  private remove(isOld: (record: ExportRecord) => boolean): void {
    this.removing = this.removing.then(async () => {
      for (const job of this.jobs.values()) if (isOld(job.record)) await this.forget(job);
    });
  }

  /** Removes the oldest films of an owner who has more than may be kept. */
  private removeOldest({ record: { ownerId }, mostKept }: Job): void {
    const own = [...this.jobs.values()].flatMap(({ record }) => (record.ownerId === ownerId && record.state === "COMPLETED" ? record : []));
    const old = new Set(own.slice(0, Math.max(0, own.length - mostKept)));
    if (old.size > 0) this.remove((record) => old.has(record));
  }

  /** Cancels the films of a session in the making that others than its owner asked for: it was hidden from them. */
  private cancelForeign({ id, ownerId }: SessionRecord): void {
    for (const job of this.jobs.values()) {
      if (hasEnded(job.record) || job.seesAll || job.record.ownerId === ownerId || !shows(job.record.settings, id)) continue;
      this.change(job, { state: "CANCELLED" });
      job.abort.abort();
    }
  }

  private async forget(job: Job): Promise<void> {
    if (!hasEnded(job.record)) this.change(job, { state: "CANCELLED" });
    job.abort.abort();
    this.jobs.delete(job.record.id);
    try {
      await rm(this.pathOf(job.record), { force: true });
    } catch (error) {
      this.parts.report(error);
    }
  }
}

function isExpired({ createdAt }: ExportRecord): boolean {
  return createdAt.getTime() < Date.now() - exportLimits.keptMs;
}

function noExport(): AtelierError {
  return notFound("id", "There is no such export.");
}

/** What clients see of an error. */
function shownFailure(error: unknown): AtelierError {
  if (error instanceof AtelierError) return error;
  if (error instanceof EncoderError) return unavailable(`The film could not be encoded: ${error.reason}`);
  return new AtelierError("INTERNAL", "The export failed; the server's log says why.");
}

/** Whether a film shows a session. */
function shows({ sessionId, besideId }: ExportRecord["settings"], id: string): boolean {
  return sessionId === id || besideId === id;
}
