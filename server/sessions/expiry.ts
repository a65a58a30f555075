import { AtelierError, outOfRange } from "../errors.js";
import { lifetime } from "../records/settings.js";
import type { Storage } from "../storage/storage.js";
import type { SessionControls } from "./controls.js";
import type { SessionService } from "./service.js";

/** Time between two looks for what has expired, ms. */
const SWEEP_MS = 5_000;

/** The instant in `seconds` from now; null for no expiry. @throws AtelierError BAD_INPUT outside of `lifetime`. */
export function expiry(field: string, seconds: number | null | undefined): Date | null {
  if (seconds === null || seconds === undefined) return null;
  const { min, max } = lifetime;
  if (!(Number.isInteger(seconds) && seconds >= min && seconds <= max)) throw outOfRange(field, lifetime);
  return new Date(Date.now() + 1000 * seconds);
}

export interface SweeperParts {
  storage: Pick<Storage, "sessions" | "images">;
  sessions: Pick<SessionService, "delete" | "deleteImage">;
  controls: Pick<SessionControls, "cancel">;
  /** Receives errors that are the server's own fault. */
  report(error: unknown): void;
}

/**
 * Ends and deletes the sessions and pictures that have expired, also those that expired while no server ran. What cannot
 * be deleted yet is tried again at the next look.
 */
export class Sweeper {
  private timer: NodeJS.Timeout | null = null;
  private sweeping: Promise<void> = Promise.resolve();
  private closed = false;

  constructor(private readonly parts: SweeperParts) {}

  /** Looks now, and then every few seconds. */
  start(): void {
    this.sweeping = this.sweep().finally(() => {
      if (!this.closed) this.timer = setTimeout(() => this.start(), SWEEP_MS).unref();
    });
  }

  /** Waits for a look that has begun. */
  async close(): Promise<void> {
    this.closed = true;
    if (this.timer) clearTimeout(this.timer);
    await this.sweeping;
  }

  /** Deletes what has expired by an instant. */
  async sweep(by = new Date()): Promise<void> {
    const { storage, sessions, controls, report } = this.parts;
    try {
      for (const id of await storage.sessions.expired(by)) {
        if (this.closed) return;
        // CONFLICT for a session that has ended, which most have.
        await unless(["CONFLICT", "NOT_FOUND", "UNAVAILABLE"], controls.cancel(id));
        await unless(["CONFLICT", "NOT_FOUND"], sessions.delete(id));
      }
      for (const id of await storage.images.expired(by)) {
        if (this.closed) return;
        await unless(["CONFLICT", "NOT_FOUND"], sessions.deleteImage(id));
      }
    } catch (error) {
      report(error);
    }
  }
}

/** Waits for work that other clients may have made impossible or unnecessary: refusals with these codes are no fault. */
async function unless(codes: readonly string[], work: Promise<unknown>): Promise<void> {
  try {
    await work;
  } catch (error) {
    if (!(error instanceof AtelierError) || !codes.includes(error.code)) throw error;
  }
}
