import type { KeptFrames } from "./kept-frames.js";
import type { ViewerEvent } from "./mailbox.js";
import type { SharedFrame } from "./shared-frame.js";

/** Number of frames read at a time; a viewer that is behind by at most this many is not slow. */
const PAGE = 50;

/** Reads the kept frames of a session in order, a page at a time, and reports the steps that are not kept as gaps. */
export class Replay {
  /** Whether the viewer falls further and further behind the painting; the replay then ends. */
  lagging = false;
  private page: SharedFrame[] = [];
  private backlog = Number.POSITIVE_INFINITY;

  /** Begins after `lastStep`. Frames through `keptStep`, which were kept when the viewer came, are read in any case. */
  constructor(
    private readonly kept: Pick<KeptFrames, "sharedList" | "count">,
    private readonly sessionId: string,
    public lastStep: number,
    private readonly keptStep: number,
  ) {}

  /** The next frame or gap; null when there is no frame after `lastStep` now, or the viewer lags. */
  async next(): Promise<ViewerEvent | null> {
    if (this.page.length === 0) await this.read();
    const frame = this.page[0];
    if (!frame || this.lagging) return null;
    const { step } = frame.record;
    if (step > this.lastStep + 1) {
      const gap = { type: "gap", fromStep: this.lastStep + 1, toStep: step - 1 } as const;
      this.lastStep = gap.toStep;
      return gap;
    }
    this.page.shift();
    this.lastStep = step;
    return { type: "frame", frame };
  }

  private async read(): Promise<void> {
    const range = { fromStep: this.lastStep + 1 };
    const { rows, hasNextPage } = await this.kept.sharedList(this.sessionId, { first: PAGE, after: null }, range);
    this.page = rows;
    if (this.lastStep < this.keptStep) return;
    const backlog = hasNextPage ? await this.kept.count(this.sessionId, range) : rows.length;
    this.lagging = hasNextPage && backlog >= this.backlog;
    this.backlog = backlog;
  }
}
