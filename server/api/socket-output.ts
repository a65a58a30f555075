import type { ExecutionResult } from "graphql";
import type { WebSocket } from "ws";
import { apiLimits } from "./limits.js";

/**
 * What goes to one socket, in bounded memory. Results wait for space before they are made. Replies to a client's own
 * messages (pongs, refusals) do not wait, so nothing is read from a client while too many bytes are unsent.
 */
export class SocketOutput {
  /** Resolves when the message before the next one has been handed over. */
  private turn: Promise<void> = Promise.resolve();
  /** Wakes the message that waits for space. */
  private wake: (() => void) | null = null;
  /** JSON text that belongs into the next message in place of its `null`. */
  private payload: string | null = null;

  constructor(private readonly socket: WebSocket) {
    socket.once("close", () => this.flushed());
  }

  /**
   * The payload of a message whose text is known. The protocol writes each message and sends it at once: what is written
   * for this payload is `null`, at the end of the message, and `send` puts the text there.
   */
  written(text: string): ExecutionResult & { toJSON(): null } {
    return {
      toJSON: () => {
        this.payload = text;
        return null;
      },
    };
  }

  /** Sends a message. Resolves when it has left or the socket is closed. */
  send(message: string): Promise<void> {
    const { socket, payload } = this;
    this.payload = null;
    const text = payload === null ? message : `${message.slice(0, -"null}".length)}${payload}}`;
    if (socket.readyState !== socket.OPEN) return Promise.resolve();
    return new Promise((resolve) => {
      // A message that cannot be sent is not needed any more: the error closes the socket too.
      socket.send(text, () => {
        resolve();
        this.flushed();
      });
      if (socket.bufferedAmount > apiLimits.maxUnreadBytes) socket.pause();
    });
  }

  /** Resolves when the socket has space for another message, in the order of the calls, or when it is closed. */
  async space(): Promise<void> {
    const before = this.turn;
    let handedOver: () => void = () => undefined;
    this.turn = new Promise((resolve) => {
      handedOver = resolve;
    });
    await before;
    while (!this.hasRoom()) {
      await new Promise<void>((resolve) => {
        this.wake = resolve;
      });
    }
    // The caller sends its message first, so that the next one in the queue sees its bytes.
    setImmediate(handedOver);
  }

  private hasRoom(): boolean {
    const { readyState, OPEN, bufferedAmount } = this.socket;
    return readyState !== OPEN || bufferedAmount <= apiLimits.maxBufferedBytes;
  }

  private flushed(): void {
    if (!this.hasRoom()) return;
    if (this.socket.isPaused) this.socket.resume();
    this.wake?.();
    this.wake = null;
  }
}
