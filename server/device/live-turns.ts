import type { LiveTranslation, LiveTranslator, Painters } from "../art/painter.js";
import type { LiveTranslationWork } from "../art/work.js";
import { AtelierError } from "../errors.js";
import { encodeLiveFrame } from "./encode.js";
import type { HostMessage } from "./messages.js";
import type { Send, Turns } from "./session-turns.js";

type TranslateMessage = Extract<HostMessage, { type: "translate" }>;

/** A live translation within the device process: a turn translates the picture that was sent last. */
export class LiveTurns implements Turns {
  readonly live = true;
  private translator: LiveTranslator | null = null;
  private picture: TranslateMessage | null = null;
  private cancelled = false;
  /** The last result on its way; never rejects. */
  private delivery: Promise<void> = Promise.resolve();
  private deliveryError: { cause: unknown } | null = null;

  constructor(
    readonly id: string,
    private readonly work: LiveTranslationWork,
    private readonly painters: Pick<Painters, "openLive">,
    private readonly send: Send,
  ) {}

  /** The first turn opens the network. */
  get runnable(): boolean {
    return this.cancelled || this.translator === null || this.picture !== null || this.deliveryError !== null;
  }

  cancel(): void {
    this.cancelled = true;
  }

  /** Takes the next picture; the host sends none before `free`. */
  offer(message: TranslateMessage): void {
    this.picture = message;
  }

  async take(): Promise<boolean> {
    if (this.deliveryError) throw this.deliveryError.cause;
    if (this.cancelled) {
      await this.close();
      await this.send({ type: "cancelled", sessionId: this.id });
      return true;
    }
    if (this.translator === null) {
      this.translator = await this.painters.openLive(this.work);
      await this.free();
    } else if (this.picture) {
      const picture = this.picture;
      this.picture = null;
      await this.translate(this.translator, picture);
    }
    return false;
  }

  settled(): Promise<void> {
    return this.delivery;
  }

  async close(): Promise<void> {
    await this.delivery;
    await this.translator?.close();
    this.translator = null;
  }

  private async translate(translator: LiveTranslator, { step, picture }: TranslateMessage): Promise<void> {
    const decoded = await this.decode(translator, step, picture);
    // Encoded beside the decoding; what is not ready by now would leave only after the run.
    await this.delivery;
    if (!decoded || this.deliveryError) return;
    // Awaited, since computing blocks this thread: what has not left by now would leave only after the run.
    await this.send({ type: "begun", sessionId: this.id, step });
    const translation = await translator.translate(decoded);
    // The next picture is on its way, and is decoded, while this one is encoded.
    const asked = this.free();
    this.delivery = this.deliver(step, translation).catch((cause: unknown) => {
      this.deliveryError = { cause };
    });
    await asked;
  }

  private async deliver(step: number, { pixels, computeMs }: LiveTranslation): Promise<void> {
    const { bytes, mimeType } = await encodeLiveFrame(pixels);
    const { width, height } = pixels;
    await this.send({ type: "frame", sessionId: this.id, step, picture: bytes, mimeType, width, height, losses: null, computeMs });
  }

  /** Null when the picture is none, which ends the picture and not the session. */
  private async decode(translator: LiveTranslator, step: number, picture: Uint8Array) {
    try {
      return await translator.decode(picture);
    } catch (error) {
      if (!(error instanceof AtelierError && error.code === "BAD_INPUT")) throw error;
      await this.send({ type: "rejected", sessionId: this.id, step, code: error.code, message: error.message });
      await this.free();
      return null;
    }
  }

  private free(): Promise<void> {
    return this.send({ type: "free", sessionId: this.id });
  }
}
