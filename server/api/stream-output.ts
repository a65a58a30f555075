import type { ExecutionResult } from "graphql";

/**
 * What goes to one stream of events, in bounded memory: one result at a time is on its way, and others wait until the
 * client's connection has taken it. Before the stream is opened, one result may wait in it.
 */
export class StreamOutput {
  private isBusy = false;
  private readonly waiting: (() => void)[] = [];
  /** JSON text that belongs into the result on its way in place of its `null`. */
  private payload: string | null = null;
  private finish: () => void = () => undefined;
  /** Resolves when the stream has ended. */
  readonly ended = new Promise<void>((resolve) => {
    this.finish = resolve;
  });
  isEnded = false;

  /** Resolves when the caller may hand over the next result; also when the stream has ended. */
  async space(): Promise<void> {
    if (this.isEnded) return;
    if (this.isBusy) await new Promise<void>((resolve) => this.waiting.push(resolve));
    this.isBusy = true;
  }

  /** The payload of an event whose text is known. What graphql-sse writes for it is `null`; `textOf` puts the text there. */
  written(text: string): ExecutionResult & { toJSON(): null } {
    this.payload = text;
    return { toJSON: () => null };
  }

  /** The text of an event that is sent. */
  textOf(event: string): string {
    const { payload } = this;
    if (payload === null || !isResult(event)) return event;
    this.payload = null;
    return `${event.slice(0, event.lastIndexOf("null"))}${payload}}\n\n`;
  }

  /** The connection has taken an event. */
  sent(event: string): void {
    if (!isResult(event)) return;
    // The next result takes the place at once.
    const next = this.waiting.shift();
    if (next) next();
    else this.isBusy = false;
  }

  onEnd(listener: () => void): void {
    void this.ended.then(listener);
  }

  end(): void {
    this.isEnded = true;
    this.finish();
    for (const wake of this.waiting.splice(0)) wake();
  }
}

function isResult(event: string): boolean {
  return event.startsWith("event: next");
}
