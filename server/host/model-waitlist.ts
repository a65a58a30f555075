import { AtelierError } from "../errors.js";
import type { ClaimedEntry, Queue } from "../queue/queue.js";
import type { LogFields } from "../records/log-fields.js";
import type { SessionFailure, SessionRecord } from "../records/session.js";
import { modelsOf, type WorkModels } from "./work.js";

interface WaitlistParts {
  queue: Queue;
  models: WorkModels;
  log: (line: string, cause?: unknown, fields?: LogFields) => void;
  /** Ends a session whose model could not be downloaded. */
  fail(entry: ClaimedEntry, failure: SessionFailure): Promise<void>;
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
  takes(session: SessionRecord, entry: ClaimedEntry): boolean {
    const isHere = modelsOf(session).every((id) => this.parts.models.isDownloaded(id));
    if (session.status !== "QUEUED" || isHere) return false;
    const wait = this.wait(session, entry).finally(() => this.waits.delete(wait));
    this.waits.add(wait);
    return true;
  }

  /** Resolves when no session waits any more. */
  async idle(): Promise<void> {
    await Promise.all(this.waits);
  }

  private async wait(session: SessionRecord, entry: ClaimedEntry): Promise<void> {
    const { id } = session;
    const { queue, log, fail, closing } = this.parts;
    try {
      const isHere = await this.download(session).then(
        () => true,
        async (error: unknown) => {
          if (closing.aborted) return false;
          log(`The model of session ${id} could not be downloaded:`, error, { sessionId: id });
          const reason = "The model of this session could not be downloaded; the server's log says why.";
          await fail(entry, error instanceof AtelierError ? error : { code: "UNAVAILABLE", message: reason });
          return false;
        },
      );
      await queue.release(id);
      if (isHere && !closing.aborted) await queue.add(entry);
    } catch (error) {
      log(`Session ${id} could not be queued again:`, error, { sessionId: id });
    }
  }

  private async download(session: SessionRecord): Promise<void> {
    const { models, closing } = this.parts;
    for (const model of modelsOf(session)) {
      if (session.kind === "STYLE_TRANSFER") await models.locateFeatureModel(model, closing);
      else await models.locateTranslator(model, closing);
    }
  }
}
