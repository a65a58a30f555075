import type { FrameRecord } from "../../server/records/pictures.js";
import type { Storage } from "../../server/storage/storage.js";

/** A storage in front of another one: tests see what was stored when, and can make its methods fail. */
export class ProbedStorage implements Storage {
  readonly images: Storage["images"];
  readonly sessions: Storage["sessions"];
  readonly changes: Storage["changes"];
  readonly frames: Storage["frames"];
  readonly recentFrames: Storage["recentFrames"];
  readonly blobs: Storage["blobs"];
  readonly thumbnails: Storage["thumbnails"];
  readonly checkpoints: Storage["checkpoints"];
  readonly access: Storage["access"];
  readonly films: Storage["films"];
  readonly space: Storage["space"];
  readonly now: Storage["now"];
  /** Frames whose rows are stored, in the order in which they were. */
  readonly storedFrames: FrameRecord[] = [];
  /** Awaited before a frame's row is stored. */
  beforeFrame: (frame: FrameRecord) => Promise<void> = async () => undefined;
  private readonly storedDigests = new Set<string>();

  constructor(private readonly inner: Storage) {
    this.images = { ...inner.images };
    this.sessions = { ...inner.sessions };
    this.changes = { ...inner.changes };
    this.recentFrames = { ...inner.recentFrames };
    this.thumbnails = { ...inner.thumbnails };
    this.checkpoints = { ...inner.checkpoints };
    this.access = { ...inner.access };
    this.films = { ...inner.films };
    this.space = { ...inner.space };
    this.now = inner.now;
    this.frames = {
      ...inner.frames,
      insert: async (frame) => {
        await this.beforeFrame(frame);
        const stored = await inner.frames.insert(frame);
        if (stored) this.storedFrames.push(frame);
        return stored;
      },
    };
    this.blobs = {
      ...inner.blobs,
      put: async (bytes) => {
        const digest = await inner.blobs.put(bytes);
        this.storedDigests.add(digest);
        return digest;
      },
    };
  }

  /** Whether a frame's row and picture were both stored. */
  holds({ sessionId, step, digest }: FrameRecord): boolean {
    return this.storedDigests.has(digest) && this.storedFrames.some((frame) => frame.sessionId === sessionId && frame.step === step);
  }

  /** Keeps the probes; the contract tests see what a claim is for. */
  held(): Storage {
    return this;
  }

  close(): Promise<void> {
    return this.inner.close();
  }
}
