import { AtelierError, type ErrorCode } from "../errors.js";
import type { Queue } from "../queue/queue.js";
import type { SessionRecord } from "../records/session.js";
import type { Storage } from "../storage/storage.js";
import type { WorkModels } from "./work.js";

interface FetchRoomParts {
  storage: Storage;
  queue: Queue;
  models: WorkModels;
  log: (line: string, cause?: unknown) => void;
  /** Ends a session whose network could not be fetched. */
  fail(sessionId: string, code: ErrorCode, message: string): Promise<void>;
  /** Aborts when the host closes: who waits then stays QUEUED. */
  closing: AbortSignal;
}

/**
 * Where sessions wait whose network must be fetched first: they stay QUEUED, take no place on the device, and are lined
 * up again when the network is here.
 */
export class FetchRoom {
  constructor(private readonly parts: FetchRoomParts) {}

  /** Takes a claimed session in if it has to wait; false when it may run now, or when that cannot be told. */
  async takes(sessionId: string): Promise<boolean> {
    const { storage, models, log } = this.parts;
    try {
      const session = await storage.sessions.find(sessionId);
      if (session?.status !== "QUEUED" || models.isFetched(session.settings.model)) return false;
      void this.wait(session);
      return true;
    } catch (error) {
      log(`It could not be told whether session ${sessionId} has to wait for its network:`, error);
      return false;
    }
  }

  private async wait({ id, kind, settings }: SessionRecord): Promise<void> {
    const { models, queue, log, fail, closing } = this.parts;
    try {
      if (kind === "STYLE_TRANSFER") await models.resolveNetwork(settings.model, closing);
      else await models.resolveGenerator(settings.model, closing);
      if (!closing.aborted) await queue.add(id);
    } catch (error) {
      if (closing.aborted) return;
      log(`The network of session ${id} could not be fetched:`, error);
      if (error instanceof AtelierError) await fail(id, error.code, error.message);
      else await fail(id, "UNAVAILABLE", "The network of this session could not be fetched; the server's log says why.");
    }
  }
}
