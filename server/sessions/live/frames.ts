import { badInput } from "../../errors.js";
import { type ChannelParts, LiveChannel, type LiveReceipt } from "./channel.js";
import { LiveCounts } from "./counts.js";

/** Limit for one live frame, bytes: a JPEG of 1024 px takes about half of it. */
export const MAX_LIVE_FRAME_BYTES = 512 * 1024;

/** The first bytes of the pictures that live frames may be. */
const signatures: readonly (readonly [offset: number, bytes: readonly number[]][])[] = [
  [[0, [0xff, 0xd8, 0xff]]],
  [[0, [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]]],
  [
    [0, [0x52, 0x49, 0x46, 0x46]],
    [8, [0x57, 0x45, 0x42, 0x50]],
  ],
];

/** A frame that a client sends to a live translation. */
export interface LiveFrame {
  sessionId: string;
  /** The client's number of the frame; it increases within a session. */
  step: number;
  /** JPEG, PNG or WebP. */
  picture: Uint8Array;
}

/** Sends live frames to the hosts that translate them, and returns what became of each. */
export class LiveFrames {
  /** Channels of the sessions that have received frames and not ended, so that storage is not read for every frame. */
  private readonly channels = new Map<string, Promise<LiveChannel>>();

  readonly counts = new LiveCounts();

  private readonly parts: ChannelParts;

  constructor({ sessions, bus }: Omit<ChannelParts, "counts">) {
    this.parts = { sessions, bus, counts: this.counts };
  }

  /**
   * Sends one frame; resolves when it is accepted or superseded.
   * @throws AtelierError NOT_FOUND; BAD_INPUT (`input.data`, `input.step`, with limit; also for bytes that cannot be
   * decoded); CONFLICT when the session takes no frames, has ended, or ends before the frame's turn; UNAVAILABLE
   * (`input.sessionId`) when no worker takes the frame in time, or a device does not open the model or begin in time.
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
    const open = this.channels.get(sessionId) ?? LiveChannel.open(sessionId, this.parts, () => this.channels.delete(sessionId));
    this.channels.set(sessionId, open);
    try {
      return await open;
    } catch (error) {
      if (this.channels.get(sessionId) === open) this.channels.delete(sessionId);
      throw error;
    }
  }
}

/** Refuses what does not begin like a JPEG, PNG or WebP, and what is too large. @throws AtelierError BAD_INPUT. */
function requireLivePicture(picture: Uint8Array): void {
  const field = "input.data";
  if (picture.byteLength > MAX_LIVE_FRAME_BYTES) {
    throw badInput(field, `A live frame may have at most ${MAX_LIVE_FRAME_BYTES} bytes.`, MAX_LIVE_FRAME_BYTES, {
      max: MAX_LIVE_FRAME_BYTES,
      unit: "bytes",
    });
  }
  const known = signatures.some((parts) =>
    parts.every(([offset, bytes]) => bytes.every((byte, index) => picture[offset + index] === byte)),
  );
  if (!known)
    throw badInput(field, "A live frame is a JPEG, PNG or WebP picture.", "JPEG, PNG, WebP", { allowed: ["JPEG", "PNG", "WebP"] });
}
