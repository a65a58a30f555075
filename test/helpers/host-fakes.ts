import { createHash } from "node:crypto";
import { AtelierError } from "../../server/errors.js";
import type { RecordedChange } from "../../server/records/changes.js";
import type { FrameRecord, ImageRecord } from "../../server/records/pictures.js";
import type { SessionRecord, StyleTransferRecord } from "../../server/records/session.js";
import { memoryRecentFrames } from "../../server/storage/embedded/recent-frames.js";
import type { Storage } from "../../server/storage/storage.js";

/** A Storage in memory, as much of it as a host uses; tests may look inside and put faults in its way. */
export class MemoryStorage implements Storage {
  readonly sessionRows = new Map<string, SessionRecord>();
  readonly frameRows: FrameRecord[] = [];
  /** Newest first. */
  readonly checkpointRows = new Map<string, { step: number; bytes: Uint8Array }[]>();
  readonly changeRows: (RecordedChange & { sessionId: string })[] = [];
  private readonly imageRows = new Map<string, ImageRecord>();
  private readonly blobRows = new Map<string, Uint8Array>();

  /** Awaited before a frame's row is stored. */
  beforeFrame: (frame: FrameRecord) => Promise<void> = async () => undefined;

  readonly images: Storage["images"] = {
    insert: async (image) => void this.imageRows.set(image.id, image),
    find: async (id) => this.imageRows.get(id) ?? null,
    delete: async () => null,
    list: async () => ({ rows: [...this.imageRows.values()], hasNextPage: false, totalCount: this.imageRows.size }),
    findByDigest: async (digest) => [...this.imageRows.values()].find((image) => image.digest === digest) ?? null,
  };

  readonly sessions: Storage["sessions"] = {
    insert: async (session) => void this.sessionRows.set(session.id, session),
    find: async (id) => this.sessionRows.get(id) ?? null,
    update: async (id, patch, from) => {
      const session = this.sessionRows.get(id);
      if (!session || (from && !from.includes(session.status))) return null;
      const changed = { ...session, ...patch, revision: session.revision + 1 } as SessionRecord;
      this.sessionRows.set(id, changed);
      return changed;
    },
    list: async ({ first, after }, { status }) => {
      const all = [...this.sessionRows.values()].filter((session) => !status || status.includes(session.status));
      all.sort((a, b) => b.createdAt.getTime() - a.createdAt.getTime());
      const start = after === null ? 0 : all.findIndex((session) => session.id === after) + 1;
      return { rows: all.slice(start, start + first), hasNextPage: all.length > start + first, totalCount: all.length };
    },
    delete: async (id) => {
      this.sessionRows.delete(id);
      const digests = this.framesOf(id).map((frame) => frame.digest);
      this.frameRows.splice(0, this.frameRows.length, ...this.frameRows.filter((frame) => frame.sessionId !== id));
      return digests;
    },
    insertBranch: () => unused("insertBranch"),
    branches: () => unused("branches"),
  };

  readonly changes: Storage["changes"] = {
    add: async (sessionId, change, from) => {
      const session = this.sessionRows.get(sessionId);
      if (session?.kind !== "STYLE_TRANSFER" || !from.includes(session.status)) return null;
      this.changeRows.push({ sessionId, ordinal: this.changeRows.length + 1, step: null, createdAt: new Date(), ...change });
      return this.changed(session, { settings: { ...session.settings, ...change.settings }, styles: change.styles ?? session.styles });
    },
    list: async (sessionId) => this.changeRows.filter((change) => change.sessionId === sessionId),
    settle: async (sessionId, step, ordinal) => {
      const waiting = this.changeRows.filter((change) => change.sessionId === sessionId && change.step === null);
      const settled = waiting.filter((change) => ordinal === undefined || change.ordinal === ordinal);
      for (const change of settled) change.step = step;
      const session = this.sessionRows.get(sessionId);
      return session?.kind === "STYLE_TRANSFER" && settled.length > 0 ? this.changed(session, {}) : null;
    },
  };

  readonly frames: Storage["frames"] = {
    insert: async (frame) => {
      await this.beforeFrame(frame);
      const session = this.sessionRows.get(frame.sessionId);
      if (!session || (await this.frames.find(frame.sessionId, frame.step))) return false;
      this.frameRows.push(frame);
      const translated = session.kind === "TRANSLATION" ? { ...session, framesTranslated: session.framesTranslated + 1 } : session;
      this.sessionRows.set(session.id, { ...translated, step: frame.step });
      return true;
    },
    find: async (sessionId, step) => this.framesOf(sessionId).find((frame) => frame.step === step) ?? null,
    latest: async (sessionId) => this.framesOf(sessionId).at(-1) ?? null,
    list: async (sessionId) => ({ rows: this.framesOf(sessionId), hasNextPage: false, totalCount: this.framesOf(sessionId).length }),
    losses: async (sessionId) => this.framesOf(sessionId),
    totals: async () => ({ count: this.frameRows.length, bytes: this.frameRows.reduce((sum, frame) => sum + frame.byteLength, 0) }),
    thin: async (sessionId, bytes) => {
      const frames = this.framesOf(sessionId);
      const size = frames.reduce((sum, frame) => sum + frame.byteLength, 0);
      const gone = size > bytes ? frames.filter(({ step }) => step % 2 === 1 && step !== frames.at(-1)!.step) : [];
      this.frameRows.splice(0, this.frameRows.length, ...this.frameRows.filter((frame) => !gone.includes(frame)));
      return gone.map(({ digest }) => digest);
    },
    bytesOf: async (sessionId) => this.framesOf(sessionId).reduce((sum, frame) => sum + frame.byteLength, 0),
    largest: async () => {
      const sizes = [...this.sessionRows.keys()].map(async (sessionId) => ({ sessionId, bytes: await this.frames.bytesOf(sessionId) }));
      return (await Promise.all(sizes)).sort((a, b) => b.bytes - a.bytes)[0] ?? null;
    },
  };

  readonly recentFrames = memoryRecentFrames();

  readonly blobs: Storage["blobs"] = {
    put: async (bytes) => {
      const digest = createHash("sha256").update(bytes).digest("hex");
      this.blobRows.set(digest, bytes);
      return digest;
    },
    get: async (digest) => {
      const bytes = this.blobRows.get(digest);
      if (!bytes) throw new AtelierError("NOT_FOUND", "There is no such blob.");
      return bytes;
    },
    delete: async (digest) => {
      if (!this.frameRows.some((frame) => frame.digest === digest)) this.blobRows.delete(digest);
    },
  };

  readonly checkpoints: Storage["checkpoints"] = {
    put: async (sessionId, step, bytes) =>
      void this.checkpointRows.set(sessionId, [{ step, bytes }, ...(this.checkpointRows.get(sessionId) ?? [])]),
    get: async (sessionId, throughStep) => this.checkpointRows.get(sessionId)?.find(({ step }) => step <= throughStep) ?? null,
    share: () => unused("share"),
    delete: async (sessionId) => void this.checkpointRows.delete(sessionId),
    trim: async () => undefined,
  };

  get blobCount(): number {
    return this.blobRows.size;
  }

  /** Whether a frame's row and picture are both stored. */
  holds(frame: FrameRecord): boolean {
    return this.blobRows.has(frame.digest) && this.framesOf(frame.sessionId).some(({ step }) => step === frame.step);
  }

  framesOf(sessionId: string): FrameRecord[] {
    return this.frameRows.filter((frame) => frame.sessionId === sessionId);
  }

  async close(): Promise<void> {
    this.sessionRows.clear();
  }

  private changed(session: StyleTransferRecord, patch: Partial<StyleTransferRecord>): StyleTransferRecord {
    const changed = { ...session, ...patch, revision: session.revision + 1 };
    this.sessionRows.set(session.id, changed);
    return changed;
  }
}

function unused(name: string): never {
  throw new Error(`No host calls ${name}.`);
}
