import type { BlobStore, FrameStore } from "../storage/storage.js";
import type { ViewerEvent } from "./mailbox.js";
import type { FrameRecord } from "./session.js";
import { SharedFrame } from "./shared-frame.js";

/** Frames read at a time; also how far behind a viewer may fall before its lag is looked at. */
export const REPLAY_PAGE = 50;

/** Reads the kept frames of a session in order, a page at a time, and names the steps that are not kept. */
export class Replay {
  private page: FrameRecord[] = [];

  /** Begins after `lastStep`. */
  constructor(
    private readonly stores: { frames: FrameStore; blobs: BlobStore },
    private readonly sessionId: string,
    public lastStep: number,
  ) {}

  /** The next frame or gap; null when there is no frame after `lastStep` now, and there may be one when asked again. */
  async next(): Promise<ViewerEvent | null> {
    if (this.page.length === 0) {
      const range = { fromStep: this.lastStep + 1 };
      this.page = (await this.stores.frames.list(this.sessionId, { first: REPLAY_PAGE, after: null }, range)).rows;
    }
    const frame = this.page[0];
    if (!frame) return null;
    if (frame.step > this.lastStep + 1) {
      const gap = { type: "gap", fromStep: this.lastStep + 1, toStep: frame.step - 1 } as const;
      this.lastStep = gap.toStep;
      return gap;
    }
    this.page.shift();
    this.lastStep = frame.step;
    return { type: "frame", frame: new SharedFrame(frame, () => this.stores.blobs.get(frame.digest)) };
  }
}
