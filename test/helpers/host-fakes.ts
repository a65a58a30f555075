import { createHash } from "node:crypto";
import { AtelierError } from "../../server/errors.js";
import type { FrameRecord, ImageRecord, SessionRecord } from "../../server/sessions/session.js";
import { memoryRecentFrames } from "../../server/storage/embedded/recent-frames.js";
import type { Storage } from "../../server/storage/storage.js";

/** A Storage in memory, as much of it as a host uses; tests may look inside and put faults in its way. */
export class MemoryStorage implements Storage {
  readonly sessionRows = new Map<string, SessionRecord>();
  readonly frameRows: FrameRecord[] = [];
  readonly checkpointRows = new Map<string, { step: number; bytes: Uint8Array }>();
  private readonly imageRows = new Map<string, ImageRecord>();
  private readonly blobRows = new Map<string, Uint8Array>();

  /** Awaited before a frame's row is stored. */
  beforeFrame: (frame: FrameRecord) => Promise<void> = async () => undefined;

  readonly images: Storage["images"] = {
    insert: async (image) => void this.imageRows.set(image.id, image),
    find: async (id) => this.imageRows.get(id) ?? null,
  };

  readonly sessions: Storage["sessions"] = {
    insert: async (session) => void this.sessionRows.set(session.id, session),
    find: async (id) => this.sessionRows.get(id) ?? null,
    update: async (id, patch, from) => {
      const session = this.sessionRows.get(id);
      if (!session || (from && !from.includes(session.status))) return null;
      const changed = { ...session, ...patch } as SessionRecord;
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
    totals: async () => ({ count: this.frameRows.length, bytes: this.frameRows.reduce((sum, frame) => sum + frame.bytes, 0) }),
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
    put: async (sessionId, step, bytes) => void this.checkpointRows.set(sessionId, { step, bytes }),
    get: async (sessionId) => this.checkpointRows.get(sessionId) ?? null,
    delete: async (sessionId) => void this.checkpointRows.delete(sessionId),
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
}
