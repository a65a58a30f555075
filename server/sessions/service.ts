import { randomUUID } from "node:crypto";
import { type Bus, publishChange } from "../bus/bus.js";
import { badInput, conflict, notFound } from "../errors.js";
import type { Party } from "../limits/allowances.js";
import type { Queue } from "../queue/queue.js";
import { type ChangeInput, inForceAt, withChange } from "../records/changes.js";
import { newConvolutions } from "../records/convolutions.js";
import type { ImageRecord } from "../records/pictures.js";
import {
  devicesOf,
  type SessionRecord,
  type SessionRecordBase,
  type StyleTransferRecord,
  type TranslationRecord,
} from "../records/session.js";
import { defaultScales, type LayerWeight, type StyleTransferSettings } from "../records/settings.js";
import type { ImageAge, RequiredPlace, SessionPatch, Storage } from "../storage/storage.js";
import { currentTraceparent, noteSession } from "../telemetry/spans.js";
import type { Admission } from "./admission.js";
import { resolveChange } from "./change-input.js";
import { expiry } from "./expiry.js";
import { paintingModel, type SessionModel, type SessionModels, translator } from "./models.js";
import { type PictureUse, sizeThatWorks } from "./narrow-pictures.js";
import { queueEntry } from "./queue-entry.js";
import { noSession, requireImage, requireSession, requireStyleTransfer } from "./requirements.js";
import {
  resolveNote,
  resolveSettings,
  resolveStyles,
  resolveTitle,
  resolveTranslation,
  type StyleTransferInput,
  type TranslationInput,
} from "./start-input.js";
import { isFinal } from "./status.js";
import { resolveTrace } from "./trace/import.js";
import { keptFrames } from "./watch/kept-frames.js";

export interface SessionServiceOptions {
  storage: Storage;
  queue: Queue;
  bus: Bus;
  models: SessionModels;
  /** Longest side of a painting on this machine and the device in use, px. */
  maxSize(): number;
  admission: Admission;
  /** Whether an admin approves what this party shows; by default, nobody does. */
  needsApproval?: boolean;
  /** Who starts and keeps things. */
  party: Party & { ownerId: string };
}

/** Starts, branches, renames and deletes sessions. Each method checks its input before it changes anything. */
export class SessionService {
  constructor(private readonly parts: SessionServiceOptions) {}

  /**
   * Creates a style transfer and queues it.
   * @throws AtelierError BAD_INPUT (with field and limit), NOT_FOUND for an image or model, UNAVAILABLE without a
   * model, LIMIT when too many wait, run or are kept.
   */
  async startStyleTransfer(input: StyleTransferInput): Promise<StyleTransferRecord> {
    const title = resolveTitle("input.title", input.title);
    const styles = resolveStyles("input.styles", input.styles);
    const model = await paintingModel(this.parts.models, { model: "input.model", draft: "input.draft" }, input);
    const asked = resolveSettings("input", input, model, this.parts.maxSize());
    const settings = { ...asked, ...(await this.sizeAndScales(input, asked, model)) };

    const initial = { settings, styles, convolutions: newConvolutions };
    const course = { settings, styles, initial, contentId: input.contentId };
    const now = await this.parts.storage.now();
    const session = this.newSession(title, now, expiry("input.expiresIn", input.expiresIn, now));
    return this.enqueue({ ...session, kind: "STYLE_TRANSFER", ...course, parentId: null, branchedAtStep: null }, "input");
  }

  /**
   * Creates a style transfer that continues the exact state of another one at a kept step, with changes that are in
   * force from that picture's evaluation on, and queues it. It shares the frames through that step.
   * @throws AtelierError NOT_FOUND; BAD_INPUT (with field and limit); CONFLICT when the session is not a style
   * transfer; LIMIT when too many wait, run or are kept.
   */
  async branch(sessionId: string, step: number, input: ChangeInput | null): Promise<StyleTransferRecord> {
    const { storage, bus } = this.parts;
    const parent = await requireStyleTransfer(storage, sessionId);
    noteSession(parent);
    const kept = step >= 0 && (await storage.frames.find(sessionId, step)) !== null;
    if (!kept) {
      // It may have been deleted meanwhile, with its frames.
      await requireStyleTransfer(storage, sessionId);
      const why = step > parent.step ? `The painting has reached step ${parent.step}.` : "The picture of this step is not kept.";
      throw badInput("step", `${why} A branch begins at a kept step.`, parent.step, { min: 0, max: parent.step });
    }
    const shared = inForceAt(parent.initial, await storage.changes.list(sessionId), step);
    const change = input && (await resolveChange(this.parts, { ...parent, ...shared }, input, step));
    const inForce = change ? withChange(shared, change) : shared;
    const { steps } = inForce.settings;
    if (steps <= step) {
      throw badInput("changes.steps", `The painting ends at step ${steps}; to continue it needs at least ${step + 1}.`, step + 1, {
        min: step + 1,
      });
    }
    const { contentId, initial, title, expiresAt } = parent;
    const branch: StyleTransferRecord = {
      // What shows the same pictures has the same end.
      ...this.newSession(title, await storage.now(), expiresAt),
      kind: "STYLE_TRANSFER",
      ...{ contentId, initial, settings: inForce.settings, styles: inForce.styles, parentId: sessionId, branchedAtStep: step, step },
      devices: devicesOf(parent).filter(({ fromStep }) => fromStep <= step),
    };
    return this.enqueue(branch, "sessionId", async (place) => {
      // The checkpoint comes first: nothing that fails after the row is stored may keep the branch from the queue.
      await storage.checkpoints.share(sessionId, branch.id, step);
      try {
        if (!(await storage.sessions.insertBranch(branch, change, place))) throw noSession();
      } catch (error) {
        await storage.checkpoints.delete(branch.id);
        throw error;
      }
      const branched = await storage.sessions.find(sessionId);
      if (branched) await publishChange(bus, branched);
    });
  }

  /**
   * Creates a style transfer that follows a trace, and queues it: on a device of the same kind the pictures are the
   * same. A title that is not null replaces the trace's.
   * @throws AtelierError BAD_INPUT with field and limit for a trace that is damaged or from a newer version; NOT_FOUND
   * for a picture or model that is missing here; UNAVAILABLE for a model that cannot be downloaded; LIMIT when too many
   * wait, run or are kept.
   */
  async importTrace(trace: string, title: string | null): Promise<StyleTransferRecord> {
    const { changes, ...start } = await resolveTrace(this.parts, trace);
    const named = this.newSession(title === null ? start.title : resolveTitle("title", title), await this.parts.storage.now());
    const session: StyleTransferRecord = { ...start, ...named, kind: "STYLE_TRANSFER", parentId: null, branchedAtStep: null };
    return this.enqueue(session, "trace", (place) => this.parts.storage.sessions.insert(session, changes, place));
  }

  /**
   * Creates a translation of one picture, or without a picture a live translation, and queues it.
   * @throws AtelierError BAD_INPUT (with field and limit), NOT_FOUND for an image or model, UNAVAILABLE for a model
   * that cannot be downloaded, LIMIT when too many wait, run or are kept.
   */
  async startTranslation(input: TranslationInput): Promise<TranslationRecord> {
    const title = resolveTitle("input.title", input.title);
    const model = await translator(this.parts.models, "input.model", input.model);
    const settings = resolveTranslation(input, model, this.parts.maxSize());
    const sourceId = input.imageId ?? null;
    if (sourceId !== null) await requireImage(this.parts.storage, "input.imageId", sourceId);
    const now = await this.parts.storage.now();
    const session = this.newSession(title, now, expiry("input.expiresIn", input.expiresIn, now));
    return this.enqueue({ ...session, kind: "TRANSLATION", settings, sourceId, framesTranslated: 0, framesDropped: 0 }, "input");
  }

  /**
   * Stores a kept frame as an image, which stays when the session is deleted. Returns the image that is there already
   * when one has the same bytes.
   * @throws AtelierError NOT_FOUND when there is no such frame, or it is no longer kept; LIMIT beyond
   * the space of its owner.
   */
  async keepFrame(sessionId: string, step: number): Promise<ImageRecord> {
    const { storage } = this.parts;
    const kept = keptFrames(storage);
    const frame = await kept.find(sessionId, step);
    if (!frame) throw notFound("step", "There is no such frame, or it is no longer kept.");
    const { admission, party } = this.parts;
    const { width, height, mimeType, byteLength } = frame;
    await admission.requireSpace(party, byteLength);
    const digest = await storage.blobs.put(await kept.picture(frame));
    const { ownerId } = party;
    const kind = { width, height, mimeType, byteLength };
    return storage.images.insert({
      id: randomUUID(),
      digest,
      ...kind,
      createdAt: await storage.now(),
      expiresAt: null,
      ownerId,
      visibility: "PRIVATE",
    });
  }

  /** Gives a session another title, or none when it is blank. @throws AtelierError NOT_FOUND, BAD_INPUT. */
  rename(sessionId: string, title: string): Promise<SessionRecord> {
    return this.describe(sessionId, { title: resolveTitle("title", title) });
  }

  /** Stars a session, or writes a note about it; a blank note removes it. @throws AtelierError NOT_FOUND, BAD_INPUT. */
  async annotate(sessionId: string, { starred, note }: { starred: boolean | null; note: string | null }): Promise<SessionRecord> {
    const resolved = note === null ? {} : { note: resolveNote("note", note) };
    return this.describe(sessionId, { ...(starred === null ? {} : { starred }), ...resolved });
  }

  /**
   * Lets a session that expires live for at least `seconds` from now on.
   * @throws AtelierError NOT_FOUND, BAD_INPUT; CONFLICT for a session that does not expire.
   */
  async extend(sessionId: string, seconds: number): Promise<SessionRecord> {
    const { storage, bus } = this.parts;
    const expiresAt = expiry("seconds", seconds, await storage.now());
    await requireSession(storage, sessionId);
    const extended = expiresAt && (await storage.sessions.extend(sessionId, expiresAt));
    if (!extended) throw conflict("sessionId", "The session does not expire.");
    await publishChange(bus, extended);
    return extended;
  }

  private async describe(sessionId: string, patch: Pick<SessionPatch, "title" | "starred" | "note">): Promise<SessionRecord> {
    const { storage, bus, needsApproval = false } = this.parts;
    const isShown = patch.title !== undefined || patch.note !== undefined;
    const mayHide = needsApproval && isShown;
    const before = mayHide ? await storage.sessions.find(sessionId) : null;
    const reopened: SessionPatch = mayHide ? { approval: "REOPENED" } : {};
    const described = await storage.sessions.update(sessionId, { ...patch, ...reopened });
    if (!described) throw noSession();
    await publishChange(bus, described, before);
    return described;
  }

  /**
   * Deletes a session with its frames and checkpoints, and the pictures that nothing else uses; with `expiredBy` only if
   * it has expired by that instant.
   * @throws AtelierError NOT_FOUND; CONFLICT while it waits, runs or is paused.
   */
  async delete(sessionId: string, expiredBy?: Date): Promise<string> {
    const { storage, bus } = this.parts;
    const { status, ownerId, visibility, approval } = await requireSession(storage, sessionId);
    if (!isFinal(status)) {
      throw conflict("sessionId", `The session is ${status}; cancel it before it is deleted.`);
    }
    const unreferenced = await storage.sessions.delete(sessionId, expiredBy);
    // Another client was faster, or let it live longer.
    if (unreferenced === null) throw noSession();
    await storage.checkpoints.delete(sessionId);
    for (const digest of unreferenced) await storage.blobs.delete(digest);
    const deleted = { type: "deleted", sessionId, ownerId, visibility, approval } as const;
    await bus.publish(`session:${sessionId}`, deleted);
    await bus.publish("sessions", deleted);
    return sessionId;
  }

  /**
   * Deletes an image that no session uses, and its bytes unless another image or frame has the same; with `expiredBy` only
   * if it has expired by that instant.
   * @throws AtelierError NOT_FOUND, CONFLICT (field `id`).
   */
  async deleteImage(id: string, age?: ImageAge): Promise<string> {
    const { storage } = this.parts;
    if (!(await storage.images.find(id))) throw notFound("id", "There is no such image.");
    const digest = await storage.images.delete(id, age);
    if (digest === null) {
      // Another client may have deleted it since it was found.
      if (!(await storage.images.find(id))) throw notFound("id", "There is no such image.");
      throw conflict("id", "A session uses the image; delete the session first.");
    }
    await storage.blobs.delete(digest);
    return id;
  }

  /** The size and scales of a new style transfer. A size by default is large enough for its pictures. */
  private async sizeAndScales(input: StyleTransferInput, settings: StyleTransferSettings, model: SessionModel) {
    const { storage, maxSize } = this.parts;
    const { contentLayers, styleLayers, steps, draft } = settings;
    const use = async (field: string, imageId: string, layers: LayerWeight[]): Promise<PictureUse> => ({
      field,
      image: await requireImage(storage, field, imageId),
      layers,
    });
    const uses = [await use("input.contentId", input.contentId, [...contentLayers, ...styleLayers])];
    for (const [index, { imageId }] of input.styles.entries()) {
      uses.push(await use(`input.styles.${index}.imageId`, imageId, styleLayers));
    }
    const settingsAt = (size: number) => ({ size, scales: input.scales ?? defaultScales(size, draft), steps });
    const mayGrow = (input.size ?? null) === null;
    return settingsAt(sizeThatWorks(uses, model, settingsAt, { size: settings.size, mayGrow, maxSize: maxSize() }));
  }

  /** Stores a session as its party's, where there is a place for it, and queues it. `field` is the input that asked for it. */
  private async enqueue<Kind extends SessionRecord>(
    session: Kind,
    field: string,
    insert = (place: RequiredPlace) => this.parts.storage.sessions.insert(session, [], place),
  ): Promise<Kind> {
    const { queue, bus, admission, party } = this.parts;
    await admission.admit(party, field, insert);
    // Published before the session can be claimed, so that no viewer sees RUNNING before QUEUED.
    await publishChange(bus, session);
    await queue.add(queueEntry(session, admission.placesOf(party)));
    noteSession(session);
    return session;
  }

  private newSession(title: string | null, now: Date, expiresAt: Date | null = null): SessionRecordBase {
    return {
      id: randomUUID(),
      title,
      status: "QUEUED",
      createdAt: now,
      queuedAt: now,
      startedAt: null,
      finishedAt: null,
      device: null,
      devices: [],
      error: null,
      starred: false,
      note: null,
      expiresAt,
      ownerId: this.parts.party.ownerId,
      visibility: "PRIVATE",
      approval: null,
      wish: null,
      traceparent: currentTraceparent(),
      step: -1,
      revision: 0,
    };
  }
}
