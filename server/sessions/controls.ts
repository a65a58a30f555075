import type { Bus } from "../bus/bus.js";
import { AtelierError } from "../errors.js";
import type { Queue } from "../queue/queue.js";
import type { Storage } from "../storage/storage.js";
import { Bell } from "./watch/wake-up.js";
import type { SessionModels } from "./models.js";
import { publishChange } from "./publish.js";
import { noSession, requireRoom, requireSession, requireStyleTransfer } from "./requirements.js";
import { isLive, type SessionRecord, type SessionStatus, type StyleTransferRecord } from "../records/session.js";
import { isFinal, openStatuses, statusesBefore } from "./status.js";
import { resolveChange } from "./steering.js";
import type { SteeringInput } from "./steering-input.js";

/** How long a mutation waits for the device to let go of a running session, ms. */
const CANCEL_TIMEOUT_MS = 20_000;
/** After a restart a session is RUNNING before its host has claimed it again: it hears only what is said later, ms. */
const CANCEL_AGAIN_MS = 500;

export interface SessionControlsOptions {
  storage: Storage;
  queue: Queue;
  bus: Bus;
  models: SessionModels;
  /** Sessions that may wait for a device at a time. */
  maxQueued: number;
  /** Changes that may be recorded of one session. */
  maxChanges: number;
}

/** What a client may do to a session while it lasts. A conditional update decides between two that do so at once. */
export class SessionControls {
  constructor(private readonly parts: SessionControlsOptions) {}

  /**
   * Changes settings or styles of a style transfer from its next step on; answers it with them.
   * @throws AtelierError NOT_FOUND; BAD_INPUT (with field and limit); CONFLICT when it is finished or no style transfer; LIMIT
   * when it was changed too often.
   */
  async steer(sessionId: string, input: SteeringInput): Promise<StyleTransferRecord> {
    const { storage, bus, maxChanges } = this.parts;
    const found = await requireStyleTransfer(storage, sessionId);
    if (isFinal(found.status)) throw conflict(found.status);
    const change = await resolveChange(this.parts, found, input, found.step);
    if ((await storage.changes.list(sessionId)).length >= maxChanges) {
      throw new AtelierError("LIMIT", `A session can be changed at most ${maxChanges} times.`, { limit: maxChanges });
    }
    const steered = await storage.changes.add(sessionId, change, openStatuses);
    if (!steered) throw await this.refused(sessionId);
    await publishChange(bus, steered);
    await bus.publish("controls", { type: "steer", sessionId });
    return steered;
  }

  /**
   * Answers PAUSED at once; at most the step in work still arrives.
   * @throws AtelierError NOT_FOUND; CONFLICT when it is paused or finished already, or a live translation.
   */
  async pause(sessionId: string): Promise<SessionRecord> {
    const { storage, queue, bus } = this.parts;
    if (isLive(await requireSession(storage, sessionId))) {
      throw new AtelierError("CONFLICT", "A live translation pauses when nothing is sent.", { field: "sessionId" });
    }
    const paused = await storage.sessions.update(sessionId, { status: "PAUSED" }, statusesBefore("PAUSED"));
    if (!paused) throw await this.refused(sessionId);
    await queue.remove(sessionId);
    await publishChange(bus, paused);
    await bus.publish("controls", { type: "pause", sessionId });
    return paused;
  }

  /**
   * Lines a paused session up again.
   * @throws AtelierError NOT_FOUND; CONFLICT when it is not PAUSED; LIMIT when too many sessions wait.
   */
  async resume(sessionId: string): Promise<SessionRecord> {
    const { storage, queue, bus, maxQueued } = this.parts;
    await requireRoom(storage, maxQueued);
    const resumed = await storage.sessions.update(sessionId, { status: "QUEUED", queuedAt: new Date() }, statusesBefore("QUEUED"));
    if (!resumed) throw await this.refused(sessionId);
    await publishChange(bus, resumed);
    await queue.add(sessionId);
    return resumed;
  }

  /**
   * Ends a session: at once while it waits or rests, else through whoever runs it; answers it as it is then.
   * @throws AtelierError NOT_FOUND; CONFLICT when it is finished; UNAVAILABLE when its device does not let go in time.
   */
  async cancel(sessionId: string): Promise<SessionRecord> {
    const { storage, queue, bus } = this.parts;
    const found = await requireSession(storage, sessionId);
    if (isFinal(found.status)) throw conflict(found.status);
    // The update decides the race with a host that claims the session at this moment.
    const ending = { status: "CANCELLED", finishedAt: new Date() } as const;
    const waiting = await storage.sessions.update(sessionId, ending, ["QUEUED", "PAUSED"]);
    if (!waiting) return this.cancelRunning(sessionId);
    await queue.remove(sessionId);
    // A host may still be about to let go of one that was paused.
    await bus.publish("controls", { type: "cancel", sessionId });
    await publishChange(bus, waiting);
    return waiting;
  }

  private async cancelRunning(sessionId: string): Promise<SessionRecord> {
    const { storage, bus } = this.parts;
    const bell = new Bell();
    let ended = false;
    const unsubscribe = await bus.subscribe(`session:${sessionId}`, (event) => {
      ended ||= event.type === "deleted" || (event.type === "changed" && isFinal(event.session.status));
      if (ended) bell.ring();
    });
    try {
      // Read after subscribing, so that an end in between is not waited for in vain.
      const now = await requireSession(storage, sessionId);
      if (isFinal(now.status)) return now;
      const deadline = performance.now() + CANCEL_TIMEOUT_MS;
      while (!ended && performance.now() < deadline) {
        await bus.publish("controls", { type: "cancel", sessionId });
        await bell.wait(CANCEL_AGAIN_MS);
      }
      if (!ended) throw new AtelierError("UNAVAILABLE", "The device that runs the session does not answer.");
      return await requireSession(storage, sessionId);
    } finally {
      await unsubscribe();
    }
  }

  /** Why a conditional update changed nothing. */
  private async refused(sessionId: string): Promise<AtelierError> {
    const session = await this.parts.storage.sessions.find(sessionId);
    return session ? conflict(session.status) : noSession();
  }
}

function conflict(status: SessionStatus): AtelierError {
  return new AtelierError("CONFLICT", `The session is ${status}.`, { field: "sessionId" });
}
