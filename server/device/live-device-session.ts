import type { LiveTranslation, LiveTranslator, Painters, Pixels } from "../art/painter.js";
import type { LiveTranslationWork } from "../art/work.js";
import { AtelierError } from "../errors.js";
import type { DeviceSession, Send, SessionCommand } from "./device-session.js";
import { encodeLiveFrame } from "./encode.js";

type TranslateCommand = Extract<SessionCommand, { type: "translate" }>;

/** A live translation within the device process: each turn translates the picture that was received last. */
export class LiveDeviceSession implements DeviceSession {
  readonly live = true;
  private translator: LiveTranslator | null = null;
  private picture: TranslateCommand | null = null;
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

  /** The first turn opens the model, so it needs no picture. */
  get runnable(): boolean {
    return this.cancelled || this.translator === null || this.picture !== null || this.deliveryError !== null;
  }

  receive(command: SessionCommand): void {
    // The host sends no picture before `free`.
    if (command.type === "translate") this.picture = command;
    else if (command.type === "cancel") this.cancelled = true;
  }

  async runTurn(): Promise<boolean> {
    if (this.deliveryError) throw this.deliveryError.cause;
    if (this.cancelled) {
      await this.close();
      await this.send({ type: "cancelled", sessionId: this.id });
      return true;
    }
    if (this.translator === null) {
      this.translator = await this.painters.openLive(this.work);
      await this.askForPicture();
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

  private async translate(translator: LiveTranslator, { step, picture }: TranslateCommand): Promise<void> {
    const decoded = await this.decode(translator, step, picture);
    // The previous result was encoded during the decoding. What is not sent by now would be sent only after the run.
    await this.delivery;
    if (!decoded || this.deliveryError) return;
    // Awaited, because computing blocks this thread: what is not sent by now would be sent only after the run.
    await this.send({ type: "begun", sessionId: this.id, step });
    const translation = await translator.translate(decoded);
    // The next picture arrives and is decoded while this one is encoded.
    const asked = this.askForPicture();
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

  /** Resolves to null for bytes that are no picture, which are rejected and do not end the session. */
  private async decode(translator: LiveTranslator, step: number, picture: Uint8Array): Promise<Pixels | null> {
    try {
      return await translator.decode(picture);
    } catch (error) {
      if (!(error instanceof AtelierError && error.code === "BAD_INPUT")) throw error;
      await this.send({ type: "rejected", sessionId: this.id, step, code: error.code, message: error.message });
      await this.askForPicture();
      return null;
    }
  }

  private askForPicture(): Promise<void> {
    return this.send({ type: "free", sessionId: this.id });
  }
}
