import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import { pipeline } from "node:stream/promises";
import { Router } from "express";
import sharp from "sharp";
import { AtelierError } from "../errors.js";
import { filmTypes } from "../exports/export.js";
import type { Exporter } from "../exports/exporter.js";
import { stillBeside } from "../exports/film-pictures.js";
import { TRACE_KEYWORD, withText } from "../exports/png-text.js";
import type { FrameRecord } from "../records/pictures.js";
import type { SessionRecord } from "../records/session.js";
import { requireId } from "../sessions/requirements.js";
import { isFinal } from "../sessions/status.js";
import { traceOf } from "../sessions/trace/write.js";
import { keptFrames } from "../sessions/watch/kept-frames.js";
import type { Storage } from "../storage/storage.js";

/** Of exported stills; the difference to the painting is not seen. */
const QUALITY = 92;

const stillTypes = { png: "image/png", jpg: "image/jpeg", webp: "image/webp" } as const;
type StillFormat = keyof typeof stillTypes;

interface ExportDependencies {
  storage: Storage;
  exporter: Exporter;
  /** Of this server, for traces. */
  version: string;
}

/**
 * Everything to take away: `GET /sessions/:id/export.png|jpg|webp` (`?step=` for a kept one, else the last; `?beside=` for another
 * session at its right), `GET /sessions/:id/trace.json`, and finished films at `GET /exports/:id`. The PNG of a style transfer
 * carries its trace.
 */
export function exportRoutes({ storage, exporter, version }: ExportDependencies): Router {
  const router = Router();
  const kept = keptFrames(storage);

  async function requireSession(id: string, field: string): Promise<SessionRecord> {
    const session = await storage.sessions.find(requireId(field, id));
    if (!session) throw new AtelierError("NOT_FOUND", "There is no such session.", { field });
    return session;
  }

  async function requireFrame(session: SessionRecord, step: number | null): Promise<FrameRecord> {
    const frame = step === null ? await kept.latest(session.id) : await kept.find(session.id, step);
    if (!frame) throw new AtelierError("NOT_FOUND", "There is no such picture, or it is kept no more.", { field: "step" });
    return frame;
  }

  async function still(session: SessionRecord, frame: FrameRecord, format: StillFormat, besideId: string | null): Promise<Uint8Array> {
    const picture = await kept.picture(frame);
    if (besideId !== null) {
      const other = await requireSession(besideId, "beside");
      return reencoded(await stillBeside([picture, await kept.picture(await requireFrame(other, null))]), format);
    }
    if (format !== "png") return reencoded(picture, format);
    const png = frame.mimeType === "image/png" ? picture : await reencoded(picture, "png");
    return session.kind === "STYLE_TRANSFER" ? withText(png, TRACE_KEYWORD, JSON.stringify(await traceOf(storage, session, version))) : png;
  }

  router.get("/sessions/:id/export.:format", async (request, response) => {
    const format = request.params.format ?? "";
    if (!isStill(format)) throw new AtelierError("NOT_FOUND", "Pictures are exported as png, jpg or webp.", { field: "format" });
    const session = await requireSession(request.params.id ?? "", "id");
    const step = stepOf(request.query.step);
    const frame = await requireFrame(session, step);
    const beside = typeof request.query.beside === "string" ? request.query.beside : null;
    const bytes = await still(session, frame, format, beside);
    response.set({
      // A step's picture never changes, its trace does.
      "Cache-Control": "no-cache",
      "Content-Type": stillTypes[format],
      "Content-Disposition": `attachment; filename="${fileName(session)}-${frame.step}.${format}"`,
      "X-Content-Type-Options": "nosniff",
    });
    response.end(bytes);
  });

  router.get("/sessions/:id/trace.json", async (request, response) => {
    const session = await requireSession(request.params.id ?? "", "id");
    if (session.kind !== "STYLE_TRANSFER") throw new AtelierError("CONFLICT", "Only a style transfer has a trace.", { field: "id" });
    response.set({
      "Cache-Control": isFinal(session.status) ? "no-cache" : "no-store",
      "Content-Disposition": `attachment; filename="${fileName(session)}.trace.json"`,
      "X-Content-Type-Options": "nosniff",
    });
    response.json(await traceOf(storage, session, version));
  });

  router.get("/exports/:id", async (request, response) => {
    const { path, record } = exporter.fileOf(request.params.id ?? "");
    const session = await storage.sessions.find(record.order.sessionId);
    const { mimeType, ending } = filmTypes[record.order.format];
    response.set({
      "Cache-Control": "private, max-age=31536000, immutable",
      "Content-Type": mimeType,
      "Content-Length": String((await stat(path)).size),
      "Content-Disposition": `attachment; filename="${session ? fileName(session) : "atelier"}.${ending}"`,
      "X-Content-Type-Options": "nosniff",
    });
    if (request.method === "HEAD") response.end();
    else await pipeline(createReadStream(path), response).catch((error: unknown) => ignoreGone(error));
  });

  return router;
}

/** A client that breaks off a download is nobody's fault. */
function ignoreGone(error: unknown): void {
  if (!(error instanceof Error && "code" in error && error.code === "ERR_STREAM_PREMATURE_CLOSE")) throw error;
}

function reencoded(picture: Uint8Array, format: StillFormat): Promise<Buffer> {
  const image = sharp(picture);
  if (format === "png") return image.png().toBuffer();
  return format === "jpg"
    ? image.jpeg({ quality: QUALITY, chromaSubsampling: "4:4:4" }).toBuffer()
    : image.webp({ quality: QUALITY }).toBuffer();
}

function isStill(format: string): format is StillFormat {
  return format in stillTypes;
}

/** @throws AtelierError BAD_INPUT */
function stepOf(value: unknown): number | null {
  if (value === undefined) return null;
  if (typeof value === "string" && /^\d{1,10}$/.test(value)) return Number(value);
  throw new AtelierError("BAD_INPUT", "step is a whole number from 0.", { field: "step", limit: 0 });
}

/** The title in letters that every file system takes. */
function fileName({ title, id }: SessionRecord): string {
  const plain = (title ?? "")
    .normalize("NFKD")
    .replace(/[^A-Za-z0-9]+/g, "-")
    .replace(/^-+|-+$/g, "")
    .slice(0, 60);
  return plain === "" ? `atelier-${id.slice(0, 8)}` : plain;
}
