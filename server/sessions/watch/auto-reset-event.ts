/**
 * An event for one waiter. `set` wakes the waiter; without a waiter the event stays set until the next wait. Several
 * calls of `set` count as one.
 */
export class AutoResetEvent {
  private isSet = false;
  private wake: (() => void) | null = null;

  set(): void {
    this.isSet = true;
    this.wake?.();
  }

  /** Resolves when the event is set, or after `timeoutMs` if that is given. Only one caller may wait at a time. */
  async wait(timeoutMs?: number): Promise<void> {
    if (!this.isSet) {
      let timer: NodeJS.Timeout | undefined;
      await new Promise<void>((resolve) => {
        this.wake = resolve;
        if (timeoutMs !== undefined) timer = setTimeout(resolve, timeoutMs);
      });
      clearTimeout(timer);
      this.wake = null;
    }
    this.isSet = false;
  }
}
