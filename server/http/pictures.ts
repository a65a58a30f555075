import { randomUUID } from "node:crypto";
import { Router } from "express";
import { notFound } from "../errors.js";
import type { ImageRecord } from "../records/pictures.js";
import { isId, requireId } from "../sessions/requirements.js";
import { keptFrames } from "../sessions/watch/kept-frames.js";
import type { Storage } from "../storage/storage.js";
import { inspectPicture, type PictureLimits } from "./inspect-picture.js";
import type { Metrics } from "./metrics.js";
import { sendPicture } from "./send-picture.js";
import { createTurns } from "./turns.js";
import { receiveUpload } from "./upload-body.js";

/** Decoding takes whole cores; the rest of the server needs some too. */
const DECODED_AT_ONCE = 2;
/** Uploads hold their bytes in memory while they come in and wait. */
const RECEIVED_AT_ONCE = 8;
const WAITING = 64;

export interface PictureDependencies {
  storage: Pick<Storage, "images" | "frames" | "recentFrames" | "blobs">;
  limits: PictureLimits;
  metrics: Pick<Metrics, "countUpload">;
}

/** `POST /images`, `GET /images/:id`, `GET /frames/:sessionId/:step`. */
export function pictureRoutes({ storage, limits, metrics }: PictureDependencies): Router {
  const receiving = createTurns(RECEIVED_AT_ONCE, WAITING);
  const kept = keptFrames(storage);
  const decoding = createTurns(DECODED_AT_ONCE, RECEIVED_AT_ONCE);

  /** Stores an uploaded picture as it came. */
  async function store(bytes: Uint8Array): Promise<ImageRecord> {
    const inspected = await decoding.run(() => inspectPicture(bytes, limits));
    const digest = await storage.blobs.put(bytes);
    const image = { id: randomUUID(), digest, ...inspected, byteLength: bytes.byteLength, createdAt: new Date() };
    try {
      await storage.images.insert(image);
    } catch (error) {
      await storage.blobs.delete(digest);
      throw error;
    }
    return image;
  }

  const router = Router();

  router.post("/images", async (request, response) => {
    try {
      const image = await receiving.run(async () => store(await receiveUpload(request, limits.maxUploadBytes)));
      metrics.countUpload("stored");
      response.status(201).location(imageUrl(image.id)).json(imageBody(image));
    } catch (error) {
      metrics.countUpload("refused");
      // What is left of the body is not waited for.
      if (!request.complete) response.set("Connection", "close");
      throw error;
    }
  });

  router.get("/images/:id", async (request, response) => {
    const image = await storage.images.find(requireId("id", request.params.id));
    if (!image) throw notFound("id", "There is no such image.");
    await sendPicture(request, response, image, () => storage.blobs.get(image.digest));
  });

  router.get("/frames/:sessionId/:step", async (request, response) => {
    const { sessionId, step } = request.params;
    const frame = isId(sessionId) && /^\d{1,10}$/.test(step) ? await kept.find(sessionId, Number(step)) : null;
    if (!frame) throw notFound("step", "There is no such frame.");
    await sendPicture(request, response, frame, () => kept.picture(frame));
  });

  return router;
}

function imageUrl(id: string): string {
  return `/images/${id}`;
}

/** GraphQL's `Image` as JSON. */
function imageBody({ id, width, height, mimeType, byteLength, createdAt }: ImageRecord) {
  return { id, url: imageUrl(id), width, height, mimeType, bytes: byteLength, createdAt: createdAt.toISOString() };
}
