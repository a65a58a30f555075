import { randomUUID } from "node:crypto";
import type { Bus } from "../bus/bus.js";
import { AtelierError } from "../errors.js";
import type { Queue } from "../queue/queue.js";
import type { Storage } from "../storage/storage.js";
import { Bell } from "./bell.js";
import { keptFrames } from "./kept-frames.js";
import { featureModel, translationModel } from "./model-choice.js";
import type { SessionModels } from "./models.js";
import { publishChange } from "./publish.js";
import type { ImageRecord, SessionRecord, SessionRecordBase, StyleTransferRecord, TranslationRecord } from "./session.js";
import { isFinal } from "./status.js";
import type { StyleTransferInput } from "./style-transfer-input.js";
import { requireWideEnough, resolveSettings, resolveStyles, resolveTitle } from "./style-transfer-settings.js";
import { resolveTranslation, type TranslationInput } from "./translation-settings.js";

/** How long a mutation waits for the device to let go of a running session, ms. */
const CANCEL_TIMEOUT_MS = 20_000;

export interface SessionServiceOptions {
  storage: Storage;
  queue: Queue;
  bus: Bus;
  models: SessionModels;
  /** Longest side of a painting on this machine, px. */
  maxSize: number;
  /** Sessions that may wait for a device at a time. */
  maxQueued: number;
}

/** Everything a client may do to a session. Each method checks its input before it changes anything. */
export class SessionService {
  constructor(private readonly parts: SessionServiceOptions) {}

  /**
   * Creates a style transfer and lines it up.
   * @throws AtelierError BAD_INPUT (with field and limit), NOT_FOUND for an image or model, UNAVAILABLE without a model,
   * LIMIT when too many sessions wait.
   */
  async startStyleTransfer(input: StyleTransferInput): Promise<StyleTransferRecord> {
    const title = resolveTitle("input.title", input.title);
    const styles = resolveStyles(input.styles);
    const model = await featureModel(this.parts.models, input.model ?? null);
    const settings = resolveSettings(input, model, this.parts.maxSize);
    const { contentLayers, styleLayers, size } = settings;
    const content = await this.requireImage("input.contentId", input.contentId);
    requireWideEnough("input.contentId", content, [...contentLayers, ...styleLayers], size, model);
    for (const [index, { imageId }] of styles.entries()) {
      const field = `input.styles.${index}.imageId`;
      requireWideEnough(field, await this.requireImage(field, imageId), styleLayers, size, model);
    }

    return this.lineUp({ ...newSession(title), kind: "STYLE_TRANSFER", settings, contentId: input.contentId, styles });
  }

  /**
   * Creates a translation and lines it up: of one picture, or without one a live translation.
   * @throws AtelierError BAD_INPUT (with field and limit), NOT_FOUND for an image or model, UNAVAILABLE for a model that
   * cannot be had, LIMIT when too many sessions wait.
   */
  async startTranslation(input: TranslationInput): Promise<TranslationRecord> {
    const title = resolveTitle("input.title", input.title);
    const model = await translationModel(this.parts.models, input.model);
    const settings = resolveTranslation(input, model, this.parts.maxSize);
    const sourceId = input.imageId ?? null;
    if (sourceId !== null) await this.requireImage("input.imageId", sourceId);
    return this.lineUp({ ...newSession(title), kind: "TRANSLATION", settings, sourceId, framesTranslated: 0, framesDropped: 0 });
  }

  /**
   * Ends a session: at once while it waits, else through whoever runs it; answers it as it is then.
   * @throws AtelierError NOT_FOUND; CONFLICT when it is finished; UNAVAILABLE when its device does not let go in time.
   */
  async cancel(sessionId: string): Promise<SessionRecord> {
    const { storage, queue, bus } = this.parts;
    const found = await this.require(sessionId);
    if (isFinal(found.status)) throw new AtelierError("CONFLICT", `The session is ${found.status} already.`, { field: "sessionId" });
    // The update decides the race with a host that claims the session at this moment.
    const waiting = await storage.sessions.update(sessionId, { status: "CANCELLED", finishedAt: new Date() }, ["QUEUED"]);
    if (!waiting) return this.cancelRunning(sessionId);
    await queue.remove(sessionId);
    await publishChange(bus, waiting);
    return waiting;
  }

  /**
   * Stores a frame that is kept now as an image, which stays when the session goes.
   * @throws AtelierError NOT_FOUND when there is no such frame, or no more.
   */
  async keepFrame(sessionId: string, step: number): Promise<ImageRecord> {
    const { storage } = this.parts;
    const kept = keptFrames(storage);
    const frame = await kept.find(sessionId, step);
    if (!frame) throw new AtelierError("NOT_FOUND", "There is no such frame, or it is kept no more.", { field: "step" });
    const digest = await storage.blobs.put(await kept.picture(frame));
    const { width, height, mimeType, bytes } = frame;
    const image = { id: randomUUID(), digest, width, height, mimeType, bytes, createdAt: new Date() };
    await storage.images.insert(image);
    return image;
  }

  /** Gives a session another title, or none when it is blank. @throws AtelierError NOT_FOUND, BAD_INPUT. */
  async rename(sessionId: string, title: string): Promise<SessionRecord> {
    const resolved = resolveTitle("title", title);
    const renamed = await this.parts.storage.sessions.update(sessionId, { title: resolved });
    if (!renamed) throw noSession();
    await publishChange(this.parts.bus, renamed);
    return renamed;
  }

  /**
   * Deletes a session with its frames and checkpoint, and the pictures that nothing else uses.
   * @throws AtelierError NOT_FOUND; CONFLICT while it waits or runs.
   */
  async delete(sessionId: string): Promise<string> {
    const { storage, bus } = this.parts;
    const { status } = await this.require(sessionId);
    if (!isFinal(status)) {
      throw new AtelierError("CONFLICT", `The session is ${status}; cancel it before it is deleted.`, { field: "sessionId" });
    }
    const unreferenced = await storage.sessions.delete(sessionId);
    await storage.checkpoints.delete(sessionId);
    for (const digest of unreferenced) await storage.blobs.delete(digest);
    const deleted = { type: "deleted", sessionId } as const;
    await bus.publish(`session:${sessionId}`, deleted);
    await bus.publish("sessions", deleted);
    return sessionId;
  }

  private async lineUp<Kind extends SessionRecord>(session: Kind): Promise<Kind> {
    const { storage, queue, bus, maxQueued } = this.parts;
    const { totalCount } = await storage.sessions.list({ first: 1, after: null }, { status: ["QUEUED"] });
    if (totalCount >= maxQueued) throw new AtelierError("LIMIT", `At most ${maxQueued} sessions may wait at a time.`, { limit: maxQueued });
    await storage.sessions.insert(session);
    // Published before it can be claimed, so that nobody hears of RUNNING before QUEUED.
    await publishChange(bus, session);
    await queue.add(session.id);
    return session;
  }

  private async cancelRunning(sessionId: string): Promise<SessionRecord> {
    const { bus } = this.parts;
    const bell = new Bell();
    let ended = false;
    const unsubscribe = await bus.subscribe(`session:${sessionId}`, (event) => {
      ended ||= event.type === "deleted" || (event.type === "changed" && isFinal(event.session.status));
      if (ended) bell.ring();
    });
    try {
      // Read after subscribing, so that an end in between is not waited for in vain.
      const now = await this.require(sessionId);
      if (isFinal(now.status)) return now;
      await bus.publish("controls", { type: "cancel", sessionId });
      await bell.wait(CANCEL_TIMEOUT_MS);
      if (!ended) throw new AtelierError("UNAVAILABLE", "The device that runs the session does not answer.");
      return await this.require(sessionId);
    } finally {
      await unsubscribe();
    }
  }

  private async requireImage(field: string, id: string): Promise<ImageRecord> {
    const image = await this.parts.storage.images.find(id);
    if (!image) throw new AtelierError("NOT_FOUND", "There is no such image.", { field });
    return image;
  }

  private async require(sessionId: string): Promise<SessionRecord> {
    const session = await this.parts.storage.sessions.find(sessionId);
    if (!session) throw noSession();
    return session;
  }
}

function newSession(title: string | null): SessionRecordBase {
  return {
    id: randomUUID(),
    title,
    status: "QUEUED",
    createdAt: new Date(),
    startedAt: null,
    finishedAt: null,
    device: null,
    error: null,
    step: -1,
  };
}

function noSession(): AtelierError {
  return new AtelierError("NOT_FOUND", "There is no such session.", { field: "sessionId" });
}
