import { AtelierError } from "../errors.js";
import type { Storage } from "../storage/storage.js";
import type { SessionControls } from "./controls.js";
import type { SessionService } from "./service.js";
import { isFinal } from "./status.js";

/** Time between two looks for what has expired, ms. */
const SWEEP_MS = 5_000;

export interface SweeperParts {
  storage: Pick<Storage, "sessions" | "images" | "now">;
  sessions: Pick<SessionService, "delete" | "deleteImage">;
  controls: Pick<SessionControls, "cancel" | "cancelPaused">;
  /** How long the work of others than admins is kept after it was last touched, ms; null for ever. */
  retentionMs: number | null;
  /** Receives errors that are the server's own fault. */
  report(error: unknown): void;
}

/**
 * Ends and deletes the sessions and pictures that have expired, also those that expired while no server ran, and those
 * that are older than the server keeps them. What cannot be deleted yet is tried again at the next look, and keeps nothing
 * else from being deleted.
 */
export class Sweeper {
  private timer: NodeJS.Timeout | null = null;
  private sweeping: Promise<void> = Promise.resolve();
  private closed = false;

  constructor(private readonly parts: SweeperParts) {}

  /** Looks now, and then every few seconds. */
  start(): void {
    this.sweeping = this.sweep()
      .catch(this.parts.report)
      .finally(() => {
        if (!this.closed) this.timer = setTimeout(() => this.start(), SWEEP_MS).unref();
      });
  }

  /** Waits for a look that has begun. */
  async close(): Promise<void> {
    this.closed = true;
    if (this.timer) clearTimeout(this.timer);
    await this.sweeping;
  }

  private async sweep(): Promise<void> {
    const { storage, sessions } = this.parts;
    const by = await storage.now();
    // At once, because a device that hangs makes the end of its session take seconds.
    await Promise.all((await storage.sessions.expired(by)).map((id) => this.attempt(() => this.end(id, by))));
    for (const id of await storage.images.expired(by)) await this.attempt(() => sessions.deleteImage(id, { expiredBy: by }));
    await this.deleteOutdated(by);
  }

  private async deleteOutdated(now: Date): Promise<void> {
    const { storage, sessions, retentionMs } = this.parts;
    if (retentionMs === null) return;
    const by = new Date(now.getTime() - retentionMs);
    for (const id of await storage.sessions.outdated(by)) await this.attempt(() => this.deleteIdle(id));
    for (const id of await storage.images.outdated(by)) await this.attempt(() => sessions.deleteImage(id, { uploadedBy: by }));
  }

  /** Deletes a session that has ended or is paused, and none that someone resumed meanwhile. */
  private async deleteIdle(id: string): Promise<void> {
    const { storage, sessions, controls } = this.parts;
    if ((await storage.sessions.find(id))?.status === "PAUSED") await this.attempt(() => controls.cancelPaused(id));
    await sessions.delete(id);
  }

  private async end(id: string, by: Date): Promise<void> {
    const { storage, sessions, controls } = this.parts;
    const session = await storage.sessions.find(id);
    // Its client may have let it live longer meanwhile.
    if (session?.expiresAt && session.expiresAt <= by && !isFinal(session.status)) await this.attempt(() => controls.cancel(id));
    await sessions.delete(id, by);
  }

  /** Refusals are no fault: other clients may have made the work impossible or unnecessary, or it is for the next look. */
  private async attempt(work: () => Promise<unknown>): Promise<void> {
    if (this.closed) return;
    try {
      await work();
    } catch (error) {
      const expected = error instanceof AtelierError && ["CONFLICT", "NOT_FOUND", "UNAVAILABLE"].includes(error.code);
      if (!expected) this.parts.report(error);
    }
  }
}
