import { abortableDelay } from "../host/abortable-delay.js";

/** Wakes its only waiter; a ring with no waiter is remembered. */
export class Bell {
  private isRung = false;
  private wake: () => void = () => undefined;

  ring(): void {
    this.isRung = true;
    this.wake();
  }

  /** Waits for a ring, but not longer than `ms` or until the signal aborts. */
  async wait(ms: number, signal: AbortSignal): Promise<void> {
    const rung = new AbortController();
    this.wake = () => rung.abort();
    if (!this.isRung) await abortableDelay(ms, AbortSignal.any([signal, rung.signal]));
    this.isRung = false;
  }
}
