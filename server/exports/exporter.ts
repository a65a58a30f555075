import { randomUUID } from "node:crypto";
import { mkdir, readdir, rename, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import type { Bus } from "../bus/bus.js";
import { AtelierError } from "../errors.js";
import type { Storage } from "../storage/storage.js";
import { writeAnimation } from "./animation.js";
import { type ExportRecord, exportLimits, type FilmFormat, filmTypes } from "./export.js";
import { filmPictures } from "./film-pictures.js";
import { type FilmInput, resolveOrder } from "./order.js";
import { findFfmpeg, writeVideo } from "./video.js";

/** Between two tellings of progress, ms. */
const PROGRESS_INTERVAL_MS = 200;

export interface ExporterParts {
  storage: Storage;
  bus: Bus;
  /** Folder of finished films; what an earlier server left in it goes. */
  folder: string;
  /** Told of what went wrong with an export that the server is to blame for. */
  report: (error: unknown) => void;
  /** Null where this machine has no ffmpeg; left out it is looked for on the PATH. */
  ffmpeg?: string | null;
}

interface Job {
  record: ExportRecord;
  readonly abort: AbortController;
}

/**
 * Makes films of sessions, one at a time beside the painting. They are files that last for a day, or as long as their
 * session and this server.
 */
export class Exporter {
  private readonly jobs = new Map<string, Job>();
  private readonly listeners = new Map<string, Set<(record: ExportRecord) => void>>();
  private working: Promise<void> = Promise.resolve();
  private readonly expiry: NodeJS.Timeout;
  private unsubscribe: (() => Promise<void>) | null = null;

  private constructor(
    private readonly parts: ExporterParts,
    private readonly ffmpeg: string | null,
  ) {
    this.expiry = setInterval(() => void this.expire(), exportLimits.keptMs / 24);
    this.expiry.unref();
  }

  static async open(parts: ExporterParts): Promise<Exporter> {
    await mkdir(parts.folder, { recursive: true });
    for (const name of await readdir(parts.folder)) await rm(join(parts.folder, name), { recursive: true, force: true });
    const exporter = new Exporter(parts, parts.ffmpeg === undefined ? await findFfmpeg() : parts.ffmpeg);
    exporter.unsubscribe = await parts.bus.subscribe("sessions", (event) => {
      if (event.type === "deleted") void exporter.forgetSession(event.sessionId);
    });
    return exporter;
  }

  /** What this machine can make. */
  get formats(): FilmFormat[] {
    return this.ffmpeg ? ["WEBP", "GIF", "MP4", "WEBM"] : ["WEBP", "GIF"];
  }

  /**
   * Lines an export up. @throws AtelierError BAD_INPUT, NOT_FOUND, LIMIT (with field and limit); UNAVAILABLE for a film that
   * needs ffmpeg where there is none.
   */
  async start(input: FilmInput): Promise<ExportRecord> {
    const order = await resolveOrder(this.parts.storage, input);
    if (!this.formats.includes(order.format)) {
      throw new AtelierError("UNAVAILABLE", `${order.format} needs ffmpeg, which this server has not found on its PATH.`, {
        field: "input.format",
        limit: this.formats.join(", "),
      });
    }
    const open = [...this.jobs.values()].filter(({ record }) => isOpen(record));
    if (open.length >= exportLimits.open) throw new AtelierError("LIMIT", "Too many exports wait.", { limit: exportLimits.open });
    // What cannot be made is told now rather than when its turn comes.
    await filmPictures(this.parts.storage, order);
    const record: ExportRecord = { id: randomUUID(), order, state: "QUEUED", progress: 0, createdAt: new Date(), error: null, bytes: null };
    const job = { record, abort: new AbortController() };
    this.jobs.set(record.id, job);
    this.working = this.working.then(() => this.run(job));
    return record;
  }

  find(id: string): ExportRecord | null {
    return this.jobs.get(id)?.record ?? null;
  }

  /** @throws AtelierError NOT_FOUND; CONFLICT when it has ended. */
  async cancel(id: string): Promise<ExportRecord> {
    const job = this.jobs.get(id);
    if (!job) throw new AtelierError("NOT_FOUND", "There is no such export.", { field: "id" });
    if (!isOpen(job.record)) throw new AtelierError("CONFLICT", `The export is ${job.record.state} already.`, { field: "id" });
    this.change(job, { state: "CANCELLED" });
    job.abort.abort();
    return job.record;
  }

  /** Path of the finished file. @throws AtelierError NOT_FOUND. */
  fileOf(id: string): { path: string; record: ExportRecord } {
    const record = this.find(id);
    if (record?.state !== "COMPLETED")
      throw new AtelierError("NOT_FOUND", "There is no such export, or it is not finished.", { field: "id" });
    return { path: this.pathOf(record), record };
  }

  /** Calls `listener` after each change of an export; the answer ends it. */
  watch(id: string, listener: (record: ExportRecord) => void): () => void {
    const heard = this.listeners.get(id) ?? new Set();
    this.listeners.set(id, heard.add(listener));
    return () => {
      heard.delete(listener);
      if (heard.size === 0) this.listeners.delete(id);
    };
  }

  async close(): Promise<void> {
    clearInterval(this.expiry);
    await this.unsubscribe?.();
    for (const { abort } of this.jobs.values()) abort.abort();
    await this.working;
  }

  private async run(job: Job): Promise<void> {
    if (job.record.state !== "QUEUED" || job.abort.signal.aborted) return;
    this.change(job, { state: "RUNNING" });
    const path = this.pathOf(job.record);
    const draft = `${path}.draft`;
    try {
      await this.make(job, draft);
      await rename(draft, path);
      // It may have been cancelled in the last moment.
      if (isOpen(job.record)) this.change(job, { state: "COMPLETED", progress: 1, bytes: (await stat(path)).size });
      else await rm(path, { force: true });
    } catch (error) {
      await rm(draft, { force: true });
      if (isOpen(job.record)) this.fail(job, error);
    }
  }

  private async make({ record, abort }: Job, path: string): Promise<void> {
    const { order } = record;
    const pictures = await filmPictures(this.parts.storage, order);
    let ready = 0;
    let toldAt = Number.NEGATIVE_INFINITY;
    const onPicture = () => {
      ready++;
      if (performance.now() - toldAt < PROGRESS_INTERVAL_MS) return;
      toldAt = performance.now();
      // What is left after the last picture is encoding and moving.
      const job = this.jobs.get(record.id);
      if (job) this.change(job, { progress: (0.95 * ready) / pictures.count });
    };
    const watching = { onPicture, signal: abort.signal };
    if (order.format === "WEBP" || order.format === "GIF") await writeAnimation(path, pictures, order, watching);
    else await writeVideo(this.ffmpeg ?? "ffmpeg", path, pictures, { ...order, format: order.format }, watching);
  }

  private fail(job: Job, error: unknown): void {
    if (!(error instanceof AtelierError)) this.parts.report(error);
    const told = error instanceof AtelierError ? error : new AtelierError("INTERNAL", "The export failed; the server's log says why.");
    this.change(job, { state: "FAILED", error: { code: told.code, message: told.message } });
  }

  private change(job: Job, changes: Partial<ExportRecord>): void {
    job.record = { ...job.record, ...changes };
    for (const listener of this.listeners.get(job.record.id) ?? []) listener(job.record);
  }

  private pathOf({ id, order }: ExportRecord): string {
    return join(this.parts.folder, `${id}.${filmTypes[order.format].ending}`);
  }

  private async forgetSession(sessionId: string): Promise<void> {
    for (const job of this.jobs.values()) if (job.record.order.sessionId === sessionId) await this.forget(job);
  }

  private async expire(): Promise<void> {
    const before = Date.now() - exportLimits.keptMs;
    for (const job of this.jobs.values()) if (job.record.createdAt.getTime() < before) await this.forget(job);
  }

  private async forget(job: Job): Promise<void> {
    if (isOpen(job.record)) this.change(job, { state: "CANCELLED" });
    job.abort.abort();
    this.jobs.delete(job.record.id);
    try {
      await rm(this.pathOf(job.record), { force: true });
    } catch (error) {
      this.parts.report(error);
    }
  }
}

/** Whether it waits or is made. */
function isOpen({ state }: ExportRecord): boolean {
  return state === "QUEUED" || state === "RUNNING";
}
