import { AtelierError } from "../errors.js";
import type { Queue } from "../queue/queue.js";
import type { SessionFailure, SessionRecord } from "../records/session.js";
import type { WorkModels } from "./work.js";

interface WaitlistParts {
  queue: Queue;
  models: WorkModels;
  log: (line: string, cause?: unknown) => void;
  /** Ends a session whose model could not be downloaded. */
  fail(sessionId: string, failure: SessionFailure): Promise<void>;
  /** Aborts when the host closes; waiting sessions then stay QUEUED. */
  closing: AbortSignal;
}

/**
 * Sessions whose model must be downloaded first. They stay QUEUED, take no place on the device, and are queued again
 * after the download.
 */
export class ModelWaitlist {
  private readonly waits = new Set<Promise<void>>();

  constructor(private readonly parts: WaitlistParts) {}

  /** Takes a claimed session whose model must be downloaded; false when the session may run now. */
  takes(session: SessionRecord): boolean {
    if (session.status !== "QUEUED" || this.parts.models.isDownloaded(session.settings.model)) return false;
    const wait = this.wait(session).finally(() => this.waits.delete(wait));
    this.waits.add(wait);
    return true;
  }

  /** Resolves when no session waits any more. */
  async idle(): Promise<void> {
    await Promise.all(this.waits);
  }

  private async wait({ id, kind, settings }: SessionRecord): Promise<void> {
    const { models, queue, log, fail, closing } = this.parts;
    try {
      if (kind === "STYLE_TRANSFER") await models.locateFeatureModel(settings.model, closing);
      else await models.locateTranslator(settings.model, closing);
      if (!closing.aborted) await queue.add(id);
    } catch (error) {
      if (closing.aborted) return;
      log(`The model of session ${id} could not be downloaded:`, error);
      const reason = "The model of this session could not be downloaded; the server's log says why.";
      await fail(id, error instanceof AtelierError ? error : { code: "UNAVAILABLE", message: reason });
    }
  }
}
