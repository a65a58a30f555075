import { randomUUID } from "node:crypto";
import { Router } from "express";
import { notFound } from "../errors.js";
import type { ImageRecord } from "../records/pictures.js";
import { isId, requireId } from "../sessions/requirements.js";
import { keptFrames } from "../sessions/watch/kept-frames.js";
import type { Storage } from "../storage/storage.js";
import { createConcurrencyLimiter } from "./concurrency-limiter.js";
import { inspectPicture, type PictureLimits } from "./inspect-picture.js";
import type { Metrics } from "./metrics.js";
import { sendPicture } from "./send-picture.js";
import { receiveUpload } from "./upload-body.js";
import { intakeLimits, UploadIntake } from "./upload-intake.js";

/** Pictures that are decoded at a time: each takes a whole core, and the rest of the server needs some too. */
const MAX_DECODING = 2;

export interface PictureDependencies {
  storage: Pick<Storage, "images" | "frames" | "recentFrames" | "blobs">;
  limits: PictureLimits;
  metrics: Pick<Metrics, "countUpload">;
}

/** `POST /images`, `GET /images/:id`, `GET /frames/:sessionId/:step`. */
export function pictureRoutes({ storage, limits, metrics }: PictureDependencies): Router {
  const kept = keptFrames(storage);
  const intake = new UploadIntake();
  // Every upload that was admitted may wait for its turn.
  const decoding = createConcurrencyLimiter(MAX_DECODING, intakeLimits.maxUploads);

  /** Stores the bytes of an upload unchanged. */
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
      const address = request.socket.remoteAddress ?? "";
      const image = await intake.run(address, request, async (upload) =>
        store(await receiveUpload(request, limits.maxUploadBytes, upload)),
      );
      metrics.countUpload("stored");
      response.status(201).location(imageUrl(image.id)).json(imageBody(image));
    } catch (error) {
      metrics.countUpload("refused");
      // The server does not wait for the rest of the body.
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

/** The JSON of an image, with the same fields as `Image` in GraphQL. */
function imageBody({ id, width, height, mimeType, byteLength, createdAt }: ImageRecord) {
  return { id, url: imageUrl(id), width, height, mimeType, bytes: byteLength, createdAt: createdAt.toISOString() };
}
