import { Router } from "express";
import sharp from "sharp";
import { conflict, notFound, outOfRange } from "../errors.js";
import type { Exporter } from "../exports/exporter.js";
import { sideBySide } from "../exports/film-pictures.js";
import { encodeStill, MIN_STILL_SIZE, type StillFormat, stillTypes } from "../exports/still.js";
import type { Allowances } from "../limits/allowances.js";
import { filmTypes, sessionsOf } from "../records/film.js";
import { anyStep, type FrameRecord } from "../records/pictures.js";
import type { SessionRecord } from "../records/session.js";
import { requireId, requireSession } from "../sessions/requirements.js";
import { isFinal } from "../sessions/status.js";
import { traceOf } from "../sessions/trace/write.js";
import { keptFrames } from "../sessions/watch/kept-frames.js";
import type { Storage } from "../storage/storage.js";
import type { RouteAccess } from "./access.js";
import { createConcurrencyLimiter, MAX_WAITING_PICTURES, waitingPictureLimits } from "./concurrency-limiter.js";
import { sendFilm } from "./send-film.js";

/** Stills that are encoded at a time: each takes a core. */
const MAX_ENCODING = 2;

interface StillForm {
  format: StillFormat;
  /** Longer side, px; null for that of the frame. */
  size: number | null;
}

interface ExportDependencies {
  storage: Storage;
  exporter: Exporter;
  /** Version of this server, which traces name. */
  version: string;
  access: RouteAccess;
  allowances: Allowances;
}

/**
 * Everything that a client can take away:
 * - `GET /sessions/:id/export.png|jpg|webp`: one picture, the last one unless `?step=` names another kept step.
 *   `?size=` shrinks its longer side to that many px. `?beside=` puts the last picture of another session at its right;
 *   without it, the picture of a style transfer holds its trace.
 * - `GET /sessions/:id/trace.json`
 * - `GET /exports/:id`: a finished film.
 */
export function exportRoutes({ storage, exporter, version, access, allowances }: ExportDependencies): Router {
  const router = Router();
  const kept = keptFrames(storage);
  const limiter = createConcurrencyLimiter({
    ...{ maxRunning: MAX_ENCODING, maxWaiting: MAX_WAITING_PICTURES, others: "exports" },
    ...{ allowances, ownLimits: waitingPictureLimits },
  });

  const sessionWithId = (id: string, field: string) => requireSession(storage, requireId(field, id), field);

  async function requireFrame(session: SessionRecord, step: number | null): Promise<FrameRecord> {
    const frame = step === null ? await kept.latest(session.id) : await kept.find(session.id, step);
    if (!frame) throw notFound("step", "There is no such picture, or it is no longer kept.");
    return frame;
  }

  /** A frame as a still, alone or with the last picture of another session at its right. */
  async function still(session: SessionRecord, frame: FrameRecord, form: StillForm, besideId: string | null): Promise<Uint8Array> {
    const { mimeType } = frame;
    const bytes = await kept.picture(frame);
    if (besideId === null) {
      const trace = session.kind === "STYLE_TRANSFER" ? await traceOf(storage, session, version) : null;
      return encodeStill({ bytes, mimeType }, form, trace);
    }
    const other = await requireFrame(await sessionWithId(besideId, "beside"), null);
    const { format, size } = form;
    const pair = await sideBySide([bytes, await kept.picture(other)]);
    const { width = 1, height = 1 } = await sharp(pair).metadata();
    const pairSize = size === null ? null : Math.round((size * Math.max(width, height)) / Math.max(frame.width, frame.height));
    return encodeStill({ bytes: pair, mimeType: stillTypes.png }, { format, size: pairSize }, null);
  }

  router.get("/sessions/:id/export.:format", async (request, response) => {
    const format = request.params.format ?? "";
    if (!isStill(format)) throw notFound("format", "Pictures are exported as png, jpg or webp.");
    const party = await access.require("GET /sessions/:id/export.:format", request);
    const session = await sessionWithId(request.params.id ?? "", "id");
    const step = stepOf(request.query.step);
    const frame = await requireFrame(session, step);
    const size = sizeOf(request.query.size, frame);
    const beside = typeof request.query.beside === "string" ? request.query.beside : null;
    const bytes = await limiter.run({ party, address: access.addressOf(request) }, () => still(session, frame, { format, size }, beside));
    const shrunk = size === null ? "" : `-${size}px`;
    response.attachment(`${fileName(session)}-${frame.step}${shrunk}.${format}`).set({
      // The picture of a step never changes, but its trace does.
      "Cache-Control": "no-cache",
      "Content-Type": stillTypes[format],
      "X-Content-Type-Options": "nosniff",
    });
    response.end(bytes);
  });

  router.get("/sessions/:id/trace.json", async (request, response) => {
    await access.require("GET /sessions/:id/trace.json", request);
    const session = await sessionWithId(request.params.id ?? "", "id");
    if (session.kind !== "STYLE_TRANSFER") throw conflict("id", "Only a style transfer has a trace.");
    response.attachment(`${fileName(session)}.trace.json`).set({
      "Cache-Control": isFinal(session.status) ? "no-cache" : "no-store",
      "X-Content-Type-Options": "nosniff",
    });
    response.json(await traceOf(storage, session, version));
  });

  router.get("/exports/:id", async (request, response) => {
    const principal = await access.require("GET /exports/:id", request);
    const film = await exporter.finished(request.params.id ?? "");
    const { sessionId } = film.settings;
    // A title that was given since is not for those from whom the session is hidden.
    const session = (await access.sees(principal, sessionId)) ? await storage.sessions.find(sessionId) : null;
    const { mimeType, extension } = filmTypes[film.settings.format];
    if (!access.isOpenToAll) response.vary("Cookie, Authorization");
    response.attachment(`${fileName(session ?? { id: sessionId, title: null })}.${extension}`).set({
      // A browser asks each time whether its user may still see the film.
      "Cache-Control": access.isOpenToAll ? "private, max-age=31536000, immutable" : "private, no-cache",
      "Content-Type": mimeType,
      "X-Content-Type-Options": "nosniff",
    });
    const send = () => sendFilm(request, response, film, (from, to) => storage.films.read(film, from, to));
    // A film stays its maker's, whatever becomes of the sessions.
    if (film.ownerId === principal.ownerId) return send();
    const release = await access.whileAllowed(principal, sessionsOf(film.settings), () => response.destroy());
    await send().finally(release);
  });

  return router;
}

function isStill(format: string): format is StillFormat {
  return Object.hasOwn(stillTypes, format);
}

/** @throws AtelierError BAD_INPUT */
function stepOf(value: unknown): number | null {
  if (value === undefined) return null;
  if (typeof value === "string" && /^\d{1,10}$/.test(value)) return Number(value);
  throw outOfRange("step", anyStep);
}

/** @throws AtelierError BAD_INPUT for a size that is larger than the picture. */
function sizeOf(value: unknown, { width, height }: FrameRecord): number | null {
  if (value === undefined) return null;
  const max = Math.max(width, height);
  const min = Math.min(MIN_STILL_SIZE, max);
  const size = typeof value === "string" && /^\d{1,5}$/.test(value) ? Number(value) : 0;
  if (size < min || size > max) throw outOfRange("size", { min, max, integer: true, unit: "px" });
  return size === max ? null : size;
}

/** Longest name made from a title, characters: file systems take 255 bytes with the ending. */
const MAX_NAME = 50;

/** The title in characters that every file system accepts; `atelier-` and part of the id for a session without one. */
function fileName({ title, id }: Pick<SessionRecord, "title" | "id">): string {
  const plain = (title ?? "")
    .normalize("NFC")
    .replace(/[^\p{L}\p{N}]+/gu, "-")
    .replace(/^-+|-+$/g, "");
  return plain === "" ? `atelier-${id.slice(0, 8)}` : [...plain].slice(0, MAX_NAME).join("");
}
