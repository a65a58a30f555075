import { randomUUID } from "node:crypto";
import { mkdir, readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import type { Bus } from "../bus/bus.js";
import { AtelierError, conflict, notFound, StorageUnavailable, unavailable } from "../errors.js";
import { isApproved, LOCAL_OWNER } from "../records/access.js";
import { type ExportRecord, type FilmFormat, filmTypes, hasEnded, sessionsOf } from "../records/film.js";
import type { SessionRecord } from "../records/session.js";
import type { Feed } from "../sessions/watch/feed.js";
import type { FilmMaker, FilmPatch } from "../storage/films.js";
import type { Storage } from "../storage/storage.js";
import { inSpan } from "../telemetry/spans.js";
import { animationEncoder } from "./animation.js";
import { EncoderError, runEncoder } from "./encoder-process.js";
import { exportLimits } from "./export.js";
import { type FilmLeases, openFilmLeases } from "./film-leases.js";
import { filmPictures } from "./film-pictures.js";
import { type FilmInput, resolveFilmSettings } from "./film-settings.js";
import { followFilm } from "./follow-film.js";
import { askForVideos, findFfmpeg, type Videos, videoEncoder } from "./video.js";

/** Shortest time between two reports of progress, ms. */
const PROGRESS_INTERVAL_MS = 200;

/** How long a server counts as alive after its last sign of life, ms. */
const LEASE_MS = 10_000;

export interface ExporterParts {
  storage: Storage;
  bus: Bus;
  /** Folder of films in the making. What an earlier server left in it is deleted. */
  folder: string;
  /** Receives errors that are the server's own fault. */
  report: (error: unknown) => void;
  /** Path of ffmpeg; null for none. By default it is looked for on the PATH. */
  ffmpeg?: string | null;
}

/** A film that this server makes. */
interface Job {
  record: ExportRecord;
  /** Whether who asked for it sees everything, whatever is hidden from others. */
  readonly seesAll: boolean;
  /** Finished films of its owner that are kept, this one included. */
  readonly mostKept: number;
  readonly abort: AbortController;
  isStored: boolean;
  unsubscribe: () => Promise<void>;
}

/** Each is called with how many exports wait or run when one more is about to; what it throws is thrown, and none begins. */
export interface ExportPlaces {
  /** Counts those that this server makes. */
  ofServer?(open: number): void;
  /** Counts those of the same owner. */
  ofOwner?(open: number): void;
}

/** Who asks for a film. */
export type FilmOwner = Pick<Job, "seesAll"> & Partial<Pick<Job, "mostKept">> & { ownerId: string };

/**
 * Makes films of sessions, one at a time, while sessions run. Films of other servers with the same storage can be found,
 * followed, cancelled and read like its own. A film is deleted after a day, or with its session. One whose server dies
 * ends as FAILED some seconds later, at every server that is alive or starts. Where an owner has more than are kept, the
 * oldest goes.
 */
export class Exporter {
  /** Films that this server makes and that have not ended. */
  private readonly jobs = new Map<string, Job>();
  private readonly maker: FilmMaker = { makerId: randomUUID(), leaseMs: LEASE_MS };
  private queue: Promise<void> = Promise.resolve();
  private removing: Promise<void> = Promise.resolve();
  private closed = false;
  private readonly expiry: NodeJS.Timeout;
  private readonly leases: FilmLeases;
  private unsubscribe: (() => Promise<void>) | null = null;

  private constructor(
    private readonly parts: ExporterParts,
    private readonly ffmpeg: string | null,
    private readonly videos: Videos,
  ) {
    this.removeOutdated();
    this.expiry = setInterval(() => this.removeOutdated(), exportLimits.keptMs / 24);
    this.expiry.unref();
    this.leases = openFilmLeases({
      films: parts.storage.films,
      maker: this.maker,
      making: () => [...this.jobs.values()].filter(({ isStored }) => isStored).map(({ record }) => record),
      lost: (id) => this.giveUp(id),
      ended: (record) => void this.announce(record),
      failed: (error) => this.failed(error),
    });
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
   * Queues an export for its owner, where there is a place for it.
   * @throws AtelierError BAD_INPUT, NOT_FOUND, LIMIT (with field and limit); UNAVAILABLE for a format that needs ffmpeg
   * where there is none.
   */
  async start(
    input: FilmInput,
    { ownerId, seesAll, mostKept = Number.POSITIVE_INFINITY }: FilmOwner = { ownerId: LOCAL_OWNER, seesAll: true },
    places: ExportPlaces = {},
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
    this.requireOpenPlace(places);
    // Refuses a film that cannot be made now, and not when its turn comes.
    await filmPictures(this.parts.storage, settings);
    await this.parts.storage.space.storing(0, async () => undefined);
    const [id, createdAt] = [randomUUID(), await this.parts.storage.now()];
    // Others may have been started meanwhile.
    this.requireOpenPlace(places);
    const record: ExportRecord = { id, ownerId, settings, state: "QUEUED", progress: 0, createdAt, error: null, bytes: null };
    const job: Job = { record, seesAll, mostKept, abort: new AbortController(), isStored: false, unsubscribe: async () => undefined };
    this.jobs.set(id, job);
    try {
      job.unsubscribe = await this.parts.bus.subscribe(`export:${id}`, (event) => {
        if (hasEnded(event.record)) this.drop(job);
      });
      await this.parts.storage.films.insert(record, this.maker, (open) => places.ofOwner?.(open));
      job.isStored = true;
      await this.requireShown(job);
    } catch (error) {
      this.drop(job);
      throw error;
    }
    this.queue = this.queue.then(() => this.run(job));
    return record;
  }

  private requireOpenPlace(places: ExportPlaces): void {
    if (this.closed) throw unavailable("The server is closing.");
    places.ofServer?.(this.jobs.size);
  }

  async find(id: string): Promise<ExportRecord | null> {
    const record = await this.parts.storage.films.find(id);
    const job = this.jobs.get(id);
    // Progress is stored only now and then.
    return record && job && !hasEnded(record) ? { ...record, progress: job.record.progress } : record;
  }

  /** @throws AtelierError NOT_FOUND; CONFLICT for an export that has ended. */
  async cancel(id: string): Promise<ExportRecord> {
    const cancelled = await this.end(id, { state: "CANCELLED" });
    if (cancelled) return cancelled;
    const record = await this.find(id);
    if (!record) throw notFound("id", "There is no such export.");
    throw conflict("id", `The export is already ${record.state}.`);
  }

  /** A finished film, whose bytes `read` of the storage returns. @throws AtelierError NOT_FOUND. */
  async finished(id: string): Promise<ExportRecord & { bytes: number }> {
    const record = await this.find(id);
    if (record?.state !== "COMPLETED" || record.bytes === null) throw notFound("id", "There is no such export, or it is not finished.");
    return { ...record, bytes: record.bytes };
  }

  /** The newest states of an export: the current one first. Ends with the export. @throws AtelierError NOT_FOUND. */
  follow(id: string): Promise<Feed<ExportRecord>> {
    return followFilm({ bus: this.parts.bus, find: (film) => this.find(film), report: this.parts.report }, id);
  }

  /** Ends the exports of this server: those that it makes fail. */
  async close(): Promise<void> {
    this.closed = true;
    clearInterval(this.expiry);
    await this.unsubscribe?.();
    const error = { code: "UNAVAILABLE", message: "The server that made this film was stopped. Start the export again." } as const;
    for (const { record } of [...this.jobs.values()]) await this.tryToEnd(record.id, { state: "FAILED", error });
    await this.queue;
    await this.leases.close();
    await this.removing;
  }

  /** Never throws: the next film must be made too. What cannot be stored now ends with the lease. */
  private async run(job: Job): Promise<void> {
    const { id } = job.record;
    const draft = join(this.parts.folder, `${id}.${filmTypes[job.record.settings.format].extension}`);
    try {
      if (job.abort.signal.aborted || !(await this.change(id, { state: "RUNNING" }))) return;
      const { format, sessionId } = job.record.settings;
      // In the trace of the mutation that asked for it, in whose context the job was queued.
      await inSpan("export.make", { "atelier.export.format": format, "atelier.session.id": sessionId }, () => this.make(job, draft));
      job.abort.signal.throwIfAborted();
      const completed = await this.parts.storage.films.complete(job.record, draft);
      if (!completed) return;
      await this.announce(completed);
      this.removeOldest(job);
    } catch (error) {
      // One that was cancelled has ended already.
      if (!job.abort.signal.aborted) await this.fail(id, error);
    } finally {
      this.drop(job);
      await rm(draft, { force: true }).catch(this.parts.report);
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
      job.record = { ...job.record, state: "RUNNING", progress: (0.95 * ready) / pictures.count };
      if (this.jobs.has(job.record.id)) void this.announce(job.record);
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

  private async fail(id: string, error: unknown): Promise<void> {
    if (!(error instanceof AtelierError)) this.parts.report(error);
    const { code, message } = shownFailure(error);
    await this.tryToEnd(id, { state: "FAILED", error: { code, message } });
  }

  /** Changes a film that has not ended, at every server. Null when it has, or is gone. */
  private async change(id: string, patch: FilmPatch): Promise<ExportRecord | null> {
    const record = await this.parts.storage.films.update(id, patch);
    if (record) await this.announce(record);
    return record;
  }

  /** Ends a film, also one of another server. */
  private async end(id: string, patch: FilmPatch): Promise<ExportRecord | null> {
    const record = await this.change(id, patch);
    // The message may have been lost.
    if (record) this.giveUp(id);
    return record;
  }

  private async tryToEnd(id: string, patch: FilmPatch): Promise<void> {
    try {
      await this.end(id, patch);
    } catch (error) {
      this.failed(error);
    }
  }

  private announce(record: ExportRecord): Promise<void> {
    return this.parts.bus.publish(`export:${record.id}`, { type: "changed", record });
  }

  /** Ends the work for a film that has ended, if this server makes it. */
  private giveUp(id: string): void {
    const job = this.jobs.get(id);
    if (job) this.drop(job);
  }

  /** Gives up a film of this server, or forgets one that has ended. */
  private drop(job: Job): void {
    job.abort.abort();
    if (!this.jobs.delete(job.record.id)) return;
    job.unsubscribe().catch(this.parts.report);
  }

  /** Films of a session that is deleted, with null, or hidden go with it. */
  private sessionChanged(id: string, session: SessionRecord | null): void {
    if (session === null) this.remove(() => this.parts.storage.films.deleteOf(id));
    else if (isHidden(session)) this.cancelForeign(session);
  }

  /** Reads the sessions of the films in the making: changes of theirs were lost. */
  private async readSessions(): Promise<void> {
    this.removeOutdated();
    try {
      const ids = [...this.jobs.values()].flatMap(({ record }) => sessionsOf(record.settings));
      for (const session of (await this.parts.storage.sessions.findAll([...new Set(ids)])).values())
        this.sessionChanged(session.id, session);
    } catch (error) {
      this.failed(error);
    }
  }

  /** Removes films that are too old or whose session is gone. */
  private removeOutdated(): void {
    const { storage } = this.parts;
    this.remove(async () => storage.films.deleteOutdated(new Date((await storage.now()).getTime() - exportLimits.keptMs)));
  }

  /** Removes films in the background; `deleted` returns those that were. */
  private remove(deleted: () => Promise<ExportRecord[]>): void {
    this.removing = this.removing.then(async () => {
      try {
        for (const record of await deleted()) {
          this.giveUp(record.id);
          if (!hasEnded(record)) await this.announce({ ...record, state: "CANCELLED" });
        }
      } catch (error) {
        this.failed(error);
      }
    });
  }

  /** Removes the oldest films of an owner who has more than may be kept. */
  private removeOldest({ record: { ownerId }, mostKept }: Job): void {
    if (Number.isFinite(mostKept)) this.remove(() => this.parts.storage.films.deleteBeyond(ownerId, mostKept));
  }

  /** Cancels a film of a session that was hidden before the film could be found by that. @throws AtelierError NOT_FOUND */
  private async requireShown({ record, seesAll }: Job): Promise<void> {
    if (seesAll) return;
    const sessions = await this.parts.storage.sessions.findAll(sessionsOf(record.settings));
    if (![...sessions.values()].some((session) => session.ownerId !== record.ownerId && isHidden(session))) return;
    await this.tryToEnd(record.id, { state: "CANCELLED" });
    throw notFound("input.sessionId", "There is no such session.");
  }

  /** Cancels the films of a session in the making that others than its owner asked for: it was hidden from them. */
  private cancelForeign({ id, ownerId }: SessionRecord): void {
    for (const { record, seesAll } of [...this.jobs.values()])
      if (!seesAll && record.ownerId !== ownerId && sessionsOf(record.settings).includes(id))
        void this.tryToEnd(record.id, { state: "CANCELLED" });
  }

  /** A storage that is away is no fault of the server: what could not be done is done later. */
  private failed(error: unknown): void {
    if (!(error instanceof StorageUnavailable)) this.parts.report(error);
  }
}

/** What clients see of an error. */
function shownFailure(error: unknown): AtelierError {
  if (error instanceof AtelierError) return error;
  if (error instanceof EncoderError) return unavailable(`The film could not be encoded: ${error.reason}`);
  return new AtelierError("INTERNAL", "The export failed; the server's log says why.");
}

/** Whether a session is hidden from everyone except its owner and admins. */
function isHidden(session: SessionRecord): boolean {
  return session.visibility === "PRIVATE" || !isApproved(session);
}
