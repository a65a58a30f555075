import type { Bus } from "../../bus/bus.js";
import type { SessionStore } from "../../storage/storage.js";
import { LiveChannel, type LiveReceipt } from "./channel.js";
import { LiveCounts } from "./counts.js";
import { requireLivePicture } from "./picture.js";

/** A frame that a client sends to a live translation. */
export interface LiveFrame {
  sessionId: string;
  /** The client's number of the frame; numbers of a session grow. */
  step: number;
  /** JPEG, PNG or WebP. */
  picture: Uint8Array;
}

/** Takes live frames to the hosts that translate them, and brings back what became of each. */
export class LiveFrames {
  /** Of the sessions that frames were sent to and that have not ended: storage is not asked for every frame. */
  private readonly channels = new Map<string, Promise<LiveChannel>>();

  readonly counts = new LiveCounts();

  constructor(private readonly parts: { sessions: Pick<SessionStore, "find">; bus: Bus }) {}

  /**
   * Sends one frame; resolves when its fate is known.
   * @throws AtelierError NOT_FOUND; BAD_INPUT (`input.data`, `input.step`, with limit; also for bytes that cannot be
   * decoded); CONFLICT when the session takes no frames, has ended, or ends before the frame's turn.
   */
  async send(frame: LiveFrame): Promise<LiveReceipt> {
    this.counts.count("received");
    try {
      const receipt = await this.sendOn(frame);
      if (receipt.status === "SUPERSEDED") this.counts.count("superseded");
      return receipt;
    } catch (error) {
      this.counts.count("rejected");
      throw error;
    }
  }

  private async sendOn({ sessionId, step, picture }: LiveFrame): Promise<LiveReceipt> {
    requireLivePicture(picture);
    const channel = await this.channel(sessionId);
    return channel.send(step, picture);
  }

  private async channel(sessionId: string): Promise<LiveChannel> {
    const open =
      this.channels.get(sessionId) ??
      LiveChannel.open(sessionId, { ...this.parts, counts: this.counts }, () => this.channels.delete(sessionId));
    this.channels.set(sessionId, open);
    try {
      return await open;
    } catch (error) {
      if (this.channels.get(sessionId) === open) this.channels.delete(sessionId);
      throw error;
    }
  }
}
