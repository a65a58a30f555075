import { createHash, randomUUID } from "node:crypto";
import { LOCAL_OWNER } from "../../server/records/access.js";
import type { ExportRecord, FilmSettings } from "../../server/records/film.js";
import type { FrameRecord, ImageRecord } from "../../server/records/pictures.js";
import type { StyleTransferRecord, TranslationRecord } from "../../server/records/session.js";
import type { StyleTransferSettings } from "../../server/records/settings.js";
import type { Storage } from "../../server/storage/storage.js";

/** A picture's record whose bytes are not stored. */
export function anImage(changes: Partial<ImageRecord> = {}): ImageRecord {
  const id = randomUUID();
  const digest = createHash("sha256").update(id).digest("hex");
  return {
    id,
    digest,
    width: 64,
    height: 48,
    mimeType: "image/png",
    byteLength: 1234,
    createdAt: new Date(),
    expiresAt: null,
    ownerId: LOCAL_OWNER,
    visibility: "PRIVATE",
    ...changes,
  };
}

function someSettings(): StyleTransferSettings {
  return {
    alpha: 1,
    beta: 100,
    gamma: 0.1 + 0.2,
    contentLayers: [{ layer: "conv4_2", weight: 1 }],
    styleLayers: [{ layer: "conv1_1", weight: 1 / 3 }],
    optimizer: "ADAM",
    learningRate: 0.02,
    steps: 10,
    size: 64,
    scales: 1,
    initialImage: "CONTENT",
    seed: 0,
    preserveColors: false,
    draft: false,
    model: "vgg19",
  };
}

/** A style transfer of `imageId` in its own style. */
export function aSession(imageId: string, changes: Partial<StyleTransferRecord> = {}): StyleTransferRecord {
  const { settings, styles } = { settings: someSettings(), styles: [{ imageId, weight: 1 }], ...changes };
  const createdAt = changes.createdAt ?? new Date();
  return {
    id: randomUUID(),
    kind: "STYLE_TRANSFER",
    title: null,
    status: "QUEUED",
    createdAt,
    queuedAt: createdAt,
    startedAt: null,
    finishedAt: null,
    device: null,
    devices: [],
    error: null,
    starred: false,
    note: null,
    expiresAt: null,
    ownerId: LOCAL_OWNER,
    visibility: "PRIVATE",
    approval: null,
    wish: null,
    traceparent: null,
    step: -1,
    revision: 0,
    settings,
    contentId: imageId,
    styles,
    initial: { settings, styles },
    parentId: null,
    branchedAtStep: null,
    ...changes,
  };
}

/** Stores a style transfer of a picture of its own; returns the session. */
export async function storeSession(storage: Pick<Storage, "images" | "sessions">, changes: Partial<StyleTransferRecord> = {}) {
  const image = anImage();
  await storage.images.insert(image);
  const session = aSession(image.id, changes);
  await storage.sessions.insert(session);
  return session;
}

/** A translation of `imageId`. */
export function aTranslation(imageId: string | null, changes: Partial<TranslationRecord> = {}): TranslationRecord {
  const createdAt = changes.createdAt ?? new Date();
  return {
    id: randomUUID(),
    kind: "TRANSLATION",
    title: null,
    status: "QUEUED",
    createdAt,
    queuedAt: createdAt,
    startedAt: null,
    finishedAt: null,
    device: null,
    devices: [],
    error: null,
    starred: false,
    note: null,
    expiresAt: null,
    ownerId: LOCAL_OWNER,
    visibility: "PRIVATE",
    approval: null,
    wish: null,
    traceparent: null,
    step: -1,
    revision: 0,
    settings: { model: "cyclegan-horse2zebra", family: "CYCLEGAN", size: 256, output: null },
    sourceId: imageId,
    framesTranslated: 0,
    framesDropped: 0,
    ...changes,
  };
}

/** A frame whose losses follow from its step. */
export function aFrame(sessionId: string, step: number, changes: Partial<FrameRecord> = {}): FrameRecord {
  return {
    sessionId,
    step,
    digest: createHash("sha256").update(`${sessionId} ${step}`).digest("hex"),
    width: 64,
    height: 48,
    mimeType: "image/jpeg",
    byteLength: 2048,
    losses: {
      total: 100 / (step + 1),
      content: 1e-7 * step,
      style: 1 / 3,
      tv: 0,
      layers: [{ layer: "conv1_1", term: "STYLE", value: 1 / 3 }],
    },
    computeMs: 12.5,
    createdAt: new Date(),
    ...changes,
  };
}

/** A film that waits, of sessions that are not stored, with an owner of its own. */
export function aFilm(settings: Partial<FilmSettings> = {}, changes: Partial<ExportRecord> = {}): ExportRecord {
  const defaults = { sessionId: randomUUID(), besideId: null, format: "WEBP" as const, fromStep: 0, toStep: null };
  return {
    id: randomUUID(),
    ownerId: randomUUID(),
    settings: { ...defaults, framesPerSecond: 12.5, size: 64, maxFrames: 10, ...settings },
    state: "QUEUED",
    progress: 0,
    createdAt: new Date(),
    error: null,
    bytes: null,
    ...changes,
  };
}
