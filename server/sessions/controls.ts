import { type Bus, publishChange, type SessionControl } from "../bus/bus.js";
import { AtelierError, beyondLimit, conflict, unavailable } from "../errors.js";
import type { Party } from "../limits/allowances.js";
import type { Queue } from "../queue/queue.js";
import type { ChangeInput } from "../records/changes.js";
import { isLive, type SessionRecord, type SessionStatus, type SessionWish, type StyleTransferRecord } from "../records/session.js";
import type { Storage } from "../storage/storage.js";
import { currentTraceparent, noteSession } from "../telemetry/spans.js";
import type { Admission } from "./admission.js";
import { resolveChange } from "./change-input.js";
import { keepLastFrame } from "./live/last-frame.js";
import type { SessionModels } from "./models.js";
import { queueEntry } from "./queue-entry.js";
import { noSession, requireSession, requireStyleTransfer } from "./requirements.js";
import { isFinal, openStatuses, requestToEnd, statusesBefore } from "./status.js";
import { AutoResetEvent } from "./watch/auto-reset-event.js";

/** How long a mutation waits for the device to release a running session, ms. */
const CANCEL_TIMEOUT_MS = 20_000;
/**
 * Time between two requests to cancel, ms: after a restart a session is RUNNING before its host has claimed it again.
 */
const CANCEL_AGAIN_MS = 500;

export interface SessionControlsOptions {
  storage: Storage;
  queue: Queue;
  bus: Bus;
  models: SessionModels;
  /** Longest side of a painting on this machine and the device in use, px. */
  maxSize(): number;
  admission: Admission;
  /** Most changes of one session. */
  maxChanges: number;
}

/** Steers, pauses, resumes and cancels sessions. A conditional update decides between two clients that act at once. */
export class SessionControls {
  /** Running sessions that a client is ending. */
  private readonly ending = new Set<string>();

  constructor(private readonly parts: SessionControlsOptions) {}

  /**
   * Changes settings or styles of a style transfer from its next step on; returns the changed session. Pictures of new
   * styles are looked for in `images`. Where an admin approves what is shown, `needsApproval`, other styles wait for that.
   * @throws AtelierError NOT_FOUND; BAD_INPUT (with field and limit); CONFLICT when it is finished or not a style
   * transfer; LIMIT when it was changed too often.
   */
  async steer(sessionId: string, input: ChangeInput, images: Storage["images"], needsApproval = false): Promise<StyleTransferRecord> {
    const { storage, bus, maxChanges } = this.parts;
    const found = await requireStyleTransfer(storage, sessionId);
    if (isFinal(found.status)) throw statusConflict(found.status);
    const change = await resolveChange({ ...this.parts, storage: { ...storage, images } }, found, input, found.step);
    if (((await storage.changes.counts([sessionId])).get(sessionId) ?? 0) >= maxChanges) {
      throw beyondLimit(`A session can be changed at most ${maxChanges} times.`, maxChanges, { limitName: "changes" });
    }
    const steered = await storage.changes.add(sessionId, change, openStatuses, needsApproval ? "REOPENED" : undefined);
    if (!steered) throw await this.whyUnchanged(sessionId);
    await publishChange(bus, steered, needsApproval ? found : null);
    noteSession(steered);
    await this.ask("steer", sessionId);
    return steered;
  }

  /**
   * Pauses a session at once; at most the frame of the current step still arrives.
   * @throws AtelierError NOT_FOUND; CONFLICT when it is paused already, and not by its host, or finished, or a live translation,
   * or another client ends it.
   */
  async pause(sessionId: string): Promise<SessionRecord> {
    const { storage, queue, bus } = this.parts;
    const found = await requireSession(storage, sessionId);
    if (isLive(found)) throw conflict("sessionId", "A live translation pauses when nothing is sent.");
    if (found.wish !== null) throw endedByAnother();
    const paused =
      (await storage.sessions.update(sessionId, { status: "PAUSED" }, statusesBefore("PAUSED"))) ??
      // Without its error, a session that its host suspended is not resumed by it.
      (await storage.sessions.update(sessionId, { error: null }, ["PAUSED"], { suspended: true }));
    if (!paused) throw await this.whyUnchanged(sessionId);
    await queue.remove(sessionId);
    await publishChange(bus, paused);
    noteSession(paused);
    await this.ask("pause", sessionId);
    return paused;
  }

  /**
   * Queues a paused session again, for who asks for it.
   * @throws AtelierError NOT_FOUND; CONFLICT when it is not PAUSED; LIMIT when too many wait or run.
   */
  async resume(sessionId: string, party: Party): Promise<SessionRecord> {
    const { storage, queue, bus, admission } = this.parts;
    const resumed = await admission.admit(party, null, (place) => storage.sessions.resume(sessionId, place));
    if (!resumed) throw await this.whyUnchanged(sessionId);
    await publishChange(bus, resumed);
    await queue.add(queueEntry(resumed, admission.placesOf(party)));
    noteSession(resumed);
    return resumed;
  }

  /**
   * Ends a session, at once while it waits or is paused, otherwise through its host. Returns the ended session.
   * @throws AtelierError NOT_FOUND; CONFLICT when it is finished or another client ends it; UNAVAILABLE when its device does not
   * release it in time: then it ends as soon as its host, or another one, reads that it should.
   */
  cancel(sessionId: string): Promise<SessionRecord> {
    return this.end(sessionId, "CANCELLED");
  }

  /**
   * Ends a live translation as COMPLETED, the way it ends when its client sends no more frames.
   * @throws AtelierError NOT_FOUND; CONFLICT for another kind of session, when it is finished or another client ends it;
   * UNAVAILABLE when its device does not release it.
   */
  async complete(sessionId: string): Promise<SessionRecord> {
    if (!isLive(await requireSession(this.parts.storage, sessionId))) {
      throw conflict("sessionId", "Only a live translation ends this way; a painting completes with its last step.");
    }
    return this.end(sessionId, "COMPLETED");
  }

  /** Cancels a session only while it is paused. @throws AtelierError NOT_FOUND; CONFLICT when it is not paused. */
  async cancelPaused(sessionId: string): Promise<SessionRecord> {
    const ended = await this.endWaiting(sessionId, "CANCELLED", ["PAUSED"]);
    if (!ended) throw await this.whyUnchanged(sessionId);
    return ended;
  }

  private async end(sessionId: string, status: SessionWish): Promise<SessionRecord> {
    const { storage } = this.parts;
    const found = await requireSession(storage, sessionId);
    noteSession(found);
    if (isFinal(found.status)) throw statusConflict(found.status);
    return (await this.endWaiting(sessionId, status, ["QUEUED", "PAUSED"])) ?? this.endRunningOnce(sessionId, status);
  }

  /** Ends a session that has no turn on a device; null when its status is not one of `from`. */
  private async endWaiting(sessionId: string, status: SessionWish, from: readonly SessionStatus[]): Promise<SessionRecord | null> {
    const { storage, queue, bus } = this.parts;
    // The update decides the race with a host that claims the session at this moment.
    const ended = { status, finishedAt: await storage.now(), error: null, wish: null };
    const waiting = await storage.sessions.update(sessionId, ended, from);
    if (!waiting) return null;
    await queue.remove(sessionId);
    // A device may not have released a paused session yet.
    await this.ask(requestToEnd[status], sessionId);
    await publishChange(bus, waiting);
    return waiting;
  }

  private async endRunningOnce(sessionId: string, status: SessionWish): Promise<SessionRecord> {
    if (this.ending.has(sessionId)) throw endedByAnother();
    this.ending.add(sessionId);
    try {
      return await this.endRunning(sessionId, status);
    } finally {
      this.ending.delete(sessionId);
    }
  }

  private async endRunning(sessionId: string, status: SessionWish): Promise<SessionRecord> {
    const { storage, bus } = this.parts;
    const ending = new AutoResetEvent();
    let ended = false;
    let isWished = false;
    const unsubscribe = await bus.subscribe(`session:${sessionId}`, (event) => {
      ended ||= event.type === "deleted" || (event.type === "changed" && isFinal(event.session.status));
      if (ended) ending.set();
    });
    try {
      // Read after subscribing, so that an end in between is not missed.
      const now = await requireSession(storage, sessionId);
      if (isFinal(now.status)) throw statusConflict(now.status);
      const deadline = performance.now() + CANCEL_TIMEOUT_MS;
      while (!ended && performance.now() < deadline) {
        // Stored first: requests may be lost, and another host may take over.
        if (!isWished) isWished = (await storage.sessions.update(sessionId, { wish: status }, ["RUNNING"])) !== null;
        // Its host may have paused it meanwhile.
        const atOnce = (await this.endAbandoned(sessionId, status)) ?? (await this.endWaiting(sessionId, status, ["QUEUED", "PAUSED"]));
        if (atOnce) return atOnce;
        await this.ask(requestToEnd[status], sessionId);
        await ending.wait(CANCEL_AGAIN_MS);
        // The bus may have lost the end.
        ended ||= await this.hasEnded(sessionId);
      }
      if (!ended) throw unavailable("The device that runs the session does not respond. The session ends as soon as it does.");
      return await requireSession(storage, sessionId);
    } finally {
      await unsubscribe();
    }
  }

  private async hasEnded(sessionId: string): Promise<boolean> {
    const session = await this.parts.storage.sessions.find(sessionId);
    return session === null || isFinal(session.status);
  }

  /** Ends a running session whose host has died; null while a host may hold it. */
  private async endAbandoned(sessionId: string, status: SessionWish): Promise<SessionRecord | null> {
    const { storage, queue, bus } = this.parts;
    const claim = await queue.seize(sessionId);
    if (!claim) return null;
    try {
      const held = storage.held(claim);
      await this.keepPicture(sessionId, held);
      const patch = { status, finishedAt: await storage.now(), error: null, wish: null };
      const ended = await held.sessions.update(sessionId, patch, ["RUNNING"]);
      if (!ended) return null;
      await publishChange(bus, ended);
      await held.recentFrames.clear(sessionId);
      return ended;
    } finally {
      await queue.release(sessionId);
    }
  }

  /** Stores what the host of a live translation would have stored. */
  private async keepPicture(sessionId: string, held: Storage): Promise<void> {
    try {
      await keepLastFrame(sessionId, held);
    } catch (error) {
      // While nothing can be stored, the picture is lost, and not the end that the user asks for.
      if (!(error instanceof AtelierError)) throw error;
    }
  }

  /** Notifies the host that runs the session, and names the mutation that asks. */
  private async ask(type: SessionControl["type"], sessionId: string): Promise<void> {
    const traceparent = currentTraceparent();
    await this.parts.bus.publish(`control:${sessionId}`, { type, ...(traceparent === null ? {} : { traceparent }) });
  }

  /** Why a conditional update changed nothing. */
  private async whyUnchanged(sessionId: string): Promise<AtelierError> {
    const session = await this.parts.storage.sessions.find(sessionId);
    return session ? statusConflict(session.status) : noSession();
  }
}

function statusConflict(status: SessionStatus): AtelierError {
  return conflict("sessionId", `The session is ${status}.`);
}

function endedByAnother(): AtelierError {
  return conflict("sessionId", "Another client is ending the session.");
}
