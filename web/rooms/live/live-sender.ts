import { mayPass } from "../../graphql/execute";

/** What became of a frame. One that is UNTAKEN waited in vain for a worker. */
export interface Receipt {
  status: "ACCEPTED" | "SUPERSEDED" | "UNTAKEN";
}

export interface LiveSenderParts {
  /** Returns the newest picture, encoded, in base64; null if there is none. */
  capture(): Promise<string | null>;
  /** Sends a frame; resolves when its fate is known. */
  send(step: number, data: string): Promise<Receipt>;
  /** Called when a frame is refused or cannot be captured. */
  onError(error: unknown): void;
  /** Time in milliseconds, like performance.now. */
  now(): number;
}

/** Time before a picture that did not reach the server is sent again, ms; it doubles up to the longest one. */
const AGAIN_AFTER_MS = 1_000;
const LONGEST_MS = 8_000;

/** Most frames in flight: the server works on one and keeps one waiting. */
const CREDIT = 2;

/**
 * Sends the newest picture whenever the server can take one, and never keeps a queue: only the last of the pictures
 * that come while the server is busy is sent.
 */
export class LiveSender {
  /** Capture time of each frame in flight, by step. */
  private readonly captured = new Map<number, number>();
  private nextStep: number;
  private wanted = false;
  private capturing = false;
  private paused = false;
  /** Whether the picture that was offered last was lost and sent a second time. */
  private isSentAgain = false;
  /** How often in a row the newest picture did not reach the server. */
  private failures = 0;

  /** Numbers frames from `firstStep`. */
  constructor(
    private readonly parts: LiveSenderParts,
    firstStep = 0,
  ) {
    this.nextStep = firstStep;
  }

  /** Announces a new picture. */
  offer(): void {
    this.isSentAgain = false;
    this.wanted = true;
    void this.pump();
  }

  /** Takes a result. Returns how long ago its picture was captured, ms, or null for a frame of another client. */
  result(step: number): number | null {
    const at = this.captured.get(step);
    // Results come in order, so older frames were superseded.
    for (const older of [...this.captured.keys()]) if (older <= step) this.captured.delete(older);
    void this.pump();
    return at === undefined ? null : this.parts.now() - at;
  }

  /** Sends nothing until `resume`. */
  pause(): void {
    this.paused = true;
  }

  resume(): void {
    this.paused = false;
    void this.pump();
  }

  /** Whether an offered picture has not been sent. */
  get unsent(): boolean {
    return this.wanted;
  }

  /** The connection is lost, and with it the results of frames in flight: the current picture is sent instead. */
  disconnected(): void {
    if (this.captured.size === 0) return;
    this.captured.clear();
    this.offer();
  }

  private async pump(): Promise<void> {
    if (!this.wanted || this.capturing || this.paused || this.captured.size >= CREDIT) return;
    this.wanted = false;
    this.capturing = true;
    const step = this.nextStep++;
    this.captured.set(step, this.parts.now());
    try {
      const data = await this.parts.capture();
      if (data === null) this.captured.delete(step);
      else this.deliver(step, data);
    } catch (error) {
      this.captured.delete(step);
      this.parts.onError(error);
    } finally {
      this.capturing = false;
    }
    void this.pump();
  }

  private deliver(step: number, data: string): void {
    this.parts.send(step, data).then(
      ({ status }) => {
        this.failures = 0;
        if (status === "ACCEPTED") return;
        // A picture that does not change is offered no second time.
        if (status === "UNTAKEN") this.wanted = true;
        else if (step === this.nextStep - 1) this.sendAgain();
        this.settle(step);
      },
      (error: unknown) => {
        this.settle(step);
        this.parts.onError(error);
        // A drawing does not change by itself, and its last picture must arrive.
        if (step !== this.nextStep - 1 || !mayPass(error)) return;
        setTimeout(() => this.resend(step), Math.min(LONGEST_MS, AGAIN_AFTER_MS * 2 ** this.failures++));
      },
    );
  }

  /** No newer picture has replaced the last one, so it was lost. Once only: it may be what ends its device. */
  private sendAgain(): void {
    if (this.isSentAgain) return;
    this.isSentAgain = true;
    this.wanted = true;
  }

  /** Sends the picture that did not arrive again, unless a newer one was sent meanwhile. */
  private resend(step: number): void {
    if (step !== this.nextStep - 1) return;
    this.wanted = true;
    void this.pump();
  }

  private settle(step: number): void {
    this.captured.delete(step);
    void this.pump();
  }
}
