import { type Bus, publishChange } from "../bus/bus.js";
import { badInput, conflict } from "../errors.js";
import type { Queue } from "../queue/queue.js";
import { maySee, type Reader } from "../records/access.js";
import type { SessionRecord } from "../records/session.js";
import type { Storage } from "../storage/storage.js";
import { requireSession } from "./requirements.js";

export interface QueueOrderParts {
  storage: Pick<Storage, "sessions">;
  queue: Queue;
  bus: Bus;
}

/** The order in which waiting sessions are taken. It outlives the server: `queuedAt` follows each move. */
export class QueueOrder {
  /** Ends when the moves before have been recorded. */
  private recorded: Promise<unknown> = Promise.resolve();

  constructor(private readonly parts: QueueOrderParts) {}

  /** The first sessions that wait, do not expire and may be seen by a reader, the next one first. */
  async list(first: number, reader: Reader | null): Promise<SessionRecord[]> {
    return (await this.waiting()).filter((session) => session.expiresAt === null && maySee(reader, session)).slice(0, first);
  }

  /**
   * Gives a waiting session another place among those of its owner, so that it comes as near as it can to `position`, 1
   * for the next; one beyond the end means last. Returns the session.
   * @throws AtelierError NOT_FOUND; BAD_INPUT; CONFLICT when it does not wait for a device.
   */
  async move(sessionId: string, position: number): Promise<SessionRecord> {
    const { storage, queue } = this.parts;
    if (!(position >= 1)) throw badInput("position", "position must be at least 1.", 1, { min: 1 });
    const { status, ownerId } = await requireSession(storage, sessionId);
    const before = await this.waitingOf(ownerId);
    if (!(await queue.move(sessionId, position))) {
      throw conflict("sessionId", status === "QUEUED" ? "The session waits for its model." : `The session is ${status}.`);
    }
    const recorded = this.recorded.then(() => this.record(ownerId, before));
    // Only the caller needs to know of a failure; the owner's next move records the whole order again.
    this.recorded = recorded.catch(() => undefined);
    await recorded;
    return requireSession(storage, sessionId);
  }

  /** Records the order of an owner's sessions, and tells of those that have another place than before. */
  private async record(ownerId: string, before: readonly SessionRecord[]): Promise<void> {
    // What a server stores that shares its queue with others may be older than a move on one of them.
    if (!this.parts.queue.storesOrder) await this.exchangeInstants(await this.waitingOf(ownerId));
    for (const session of await this.waitingOf(ownerId)) {
      const old = before.find(({ id }) => id === session.id);
      if (old && old.revision < session.revision) await publishChange(this.parts.bus, session);
    }
  }

  /** Stores an order: sessions exchange the instants at which they were queued. */
  private async exchangeInstants(waiting: readonly SessionRecord[]): Promise<void> {
    const instants = waiting.map(({ queuedAt }) => queuedAt.getTime()).sort((a, b) => a - b);
    let last = Number.NEGATIVE_INFINITY;
    for (const [index, { id, queuedAt }] of waiting.entries()) {
      last = Math.max(last + 1, instants[index]!);
      if (last !== queuedAt.getTime()) await this.parts.storage.sessions.update(id, { queuedAt: new Date(last) }, ["QUEUED"]);
    }
  }

  private async waitingOf(ownerId: string): Promise<SessionRecord[]> {
    return (await this.waiting()).filter((session) => session.ownerId === ownerId);
  }

  private async waiting(): Promise<SessionRecord[]> {
    const ids = await this.parts.queue.list();
    const found = await this.parts.storage.sessions.findAll(ids);
    return ids.flatMap((id) => found.get(id) ?? []);
  }
}
