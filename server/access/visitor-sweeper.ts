import type { AccessStore } from "../storage/access.js";

/** Time between two looks for visitors to forget, ms. */
export const LOOK_MS = 600_000;
/** How long ago the last access of a visitor must have ended, ms. */
const IDLE_MS = 30 * 86_400_000;
/** Visitors that are forgotten at one look: the database serves others meanwhile. */
const MOST_AT_ONCE = 1000;

export interface VisitorSweeperParts {
  access: Pick<AccessStore, "forgetVisitors">;
  /** Receives errors that are the server's own fault. */
  report(error: unknown): void;
}

/** Forgets visitors who can never come back and own nothing: every browser that opens a link is a row. */
export class VisitorSweeper {
  private timer: NodeJS.Timeout | undefined;
  private sweeping: Promise<unknown> = Promise.resolve();

  constructor(private readonly parts: VisitorSweeperParts) {}

  /** Looks now, and then every few minutes. */
  start(): void {
    this.sweep();
    this.timer = setInterval(() => this.sweep(), LOOK_MS).unref();
  }

  /** Waits for a look that has begun. */
  async close(): Promise<void> {
    clearInterval(this.timer);
    await this.sweeping;
  }

  private sweep(): void {
    const { access, report } = this.parts;
    this.sweeping = this.sweeping.then(() => access.forgetVisitors(new Date(Date.now() - IDLE_MS), MOST_AT_ONCE)).catch(report);
  }
}
