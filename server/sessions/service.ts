import { randomUUID } from "node:crypto";
import type { Bus } from "../bus/bus.js";
import { AtelierError } from "../errors.js";
import type { Queue } from "../queue/queue.js";
import type { Storage } from "../storage/storage.js";
import { keptFrames } from "./watch/kept-frames.js";
import { featureModel, translationModel } from "./model-choice.js";
import type { SessionModels } from "./models.js";
import { publishChange } from "./publish.js";
import { noSession, requireImage, requireRoom, requireSession, requireStyleTransfer } from "./requirements.js";
import type { ImageRecord, SessionRecord, SessionRecordBase, StyleTransferRecord, TranslationRecord } from "../records/session.js";
import { isFinal } from "./status.js";
import { resolveChange, stateAt } from "./steering.js";
import type { SteeringInput } from "./steering-input.js";
import type { StyleTransferInput } from "./style-transfer-input.js";
import { requireWideEnough, resolveSettings, resolveStyles, resolveTitle } from "./style-transfer-settings.js";
import { resolveTrace } from "./trace/import.js";
import { resolveTranslation, type TranslationInput } from "./translation-settings.js";

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

/** How sessions begin, how they are called and how they go. Each method checks its input before it changes anything. */
export class SessionService {
  constructor(private readonly parts: SessionServiceOptions) {}

  /**
   * Creates a style transfer and lines it up.
   * @throws AtelierError BAD_INPUT (with field and limit), NOT_FOUND for an image or model, UNAVAILABLE without a model,
   * LIMIT when too many sessions wait.
   */
  async startStyleTransfer(input: StyleTransferInput): Promise<StyleTransferRecord> {
    const title = resolveTitle("input.title", input.title);
    const styles = resolveStyles("input.styles", input.styles);
    const model = await featureModel(this.parts.models, input.model ?? null);
    const settings = resolveSettings(input, model, this.parts.maxSize);
    const { contentLayers, styleLayers, size } = settings;
    const content = await requireImage(this.parts.storage, "input.contentId", input.contentId);
    requireWideEnough("input.contentId", content, [...contentLayers, ...styleLayers], size, model);
    for (const [index, { imageId }] of styles.entries()) {
      const field = `input.styles.${index}.imageId`;
      requireWideEnough(field, await requireImage(this.parts.storage, field, imageId), styleLayers, size, model);
    }

    const what = { settings, styles, initial: { settings, styles }, contentId: input.contentId };
    return this.lineUp({ ...newSession(title), kind: "STYLE_TRANSFER", ...what, parentId: null, branchedAtStep: null });
  }

  /**
   * Creates a style transfer that goes on from the exact state of another one at a kept step, with changes that are in force
   * from that picture's evaluation on, and lines it up. It shares the frames through that step.
   * @throws AtelierError NOT_FOUND; BAD_INPUT (with field and limit); CONFLICT for what is no style transfer; LIMIT when too many
   * sessions wait.
   */
  async branch(sessionId: string, step: number, input: SteeringInput | null): Promise<StyleTransferRecord> {
    const { storage, bus } = this.parts;
    const parent = await requireStyleTransfer(storage, sessionId);
    const kept = step >= 0 && (await storage.frames.find(sessionId, step)) !== null;
    if (!kept) {
      const why = step > parent.step ? `The painting has come to step ${parent.step}.` : "The picture of this step is not kept.";
      throw new AtelierError("BAD_INPUT", `${why} A branch begins at a kept step.`, { field: "step", limit: parent.step });
    }
    const state = stateAt(parent, await storage.changes.list(sessionId), step);
    const change = input && (await resolveChange(this.parts, { ...parent, ...state }, input, step));
    const settings = { ...state.settings, ...change?.settings };
    if (settings.steps <= step) {
      throw new AtelierError("BAD_INPUT", `The painting ends at step ${settings.steps}; to go on it needs more steps.`, {
        field: "changes.steps",
        limit: step + 1,
      });
    }
    const { contentId, initial, title } = parent;
    const branch: StyleTransferRecord = {
      ...newSession(title),
      kind: "STYLE_TRANSFER",
      ...{ contentId, initial, settings, styles: change?.styles ?? state.styles, parentId: sessionId, branchedAtStep: step, step },
    };
    return this.lineUp(branch, async () => {
      if (!(await storage.sessions.insertBranch(branch, change))) throw noSession();
      await storage.checkpoints.share(sessionId, branch.id, step);
      const branched = await storage.sessions.find(sessionId);
      if (branched) await publishChange(bus, branched);
    });
  }

  /**
   * Creates a style transfer that follows a trace, and lines it up: on a device of the same kind it comes to the same pictures.
   * A title takes the place of the trace's.
   * @throws AtelierError BAD_INPUT with field and limit for a trace that is damaged or from a newer version; NOT_FOUND for a
   * picture or model that is not here; UNAVAILABLE for a model that cannot be had; LIMIT when too many sessions wait.
   */
  async importTrace(trace: string, title: string | null): Promise<StyleTransferRecord> {
    const { changes, ...start } = await resolveTrace(this.parts, trace);
    const named = newSession(title === null ? start.title : resolveTitle("title", title));
    const session: StyleTransferRecord = { ...start, ...named, kind: "STYLE_TRANSFER", parentId: null, branchedAtStep: null };
    return this.lineUp(session, () => this.parts.storage.sessions.insert(session, changes));
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
    if (sourceId !== null) await requireImage(this.parts.storage, "input.imageId", sourceId);
    return this.lineUp({ ...newSession(title), kind: "TRANSLATION", settings, sourceId, framesTranslated: 0, framesDropped: 0 });
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
   * Deletes a session with its frames and checkpoints, and the pictures that nothing else uses.
   * @throws AtelierError NOT_FOUND; CONFLICT while it waits, runs or is paused.
   */
  async delete(sessionId: string): Promise<string> {
    const { storage, bus } = this.parts;
    const { status } = await requireSession(storage, sessionId);
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

  /**
   * Deletes a picture that no session uses, with its bytes where nothing else has the same.
   * @throws AtelierError NOT_FOUND, CONFLICT (field `id`).
   */
  async deleteImage(id: string): Promise<string> {
    const { storage } = this.parts;
    if (!(await storage.images.find(id))) throw new AtelierError("NOT_FOUND", "There is no such image.", { field: "id" });
    const digest = await storage.images.delete(id);
    if (digest === null) {
      throw new AtelierError("CONFLICT", "A session uses the image; delete the session first.", { field: "id" });
    }
    await storage.blobs.delete(digest);
    return id;
  }

  private async lineUp<Kind extends SessionRecord>(
    session: Kind,
    insert = () => this.parts.storage.sessions.insert(session),
  ): Promise<Kind> {
    const { storage, queue, bus, maxQueued } = this.parts;
    await requireRoom(storage, maxQueued);
    await insert();
    // Published before it can be claimed, so that nobody hears of RUNNING before QUEUED.
    await publishChange(bus, session);
    await queue.add(session.id);
    return session;
  }
}

function newSession(title: string | null): SessionRecordBase {
  const now = new Date();
  return {
    id: randomUUID(),
    title,
    status: "QUEUED",
    createdAt: now,
    queuedAt: now,
    startedAt: null,
    finishedAt: null,
    device: null,
    error: null,
    step: -1,
    revision: 0,
  };
}
