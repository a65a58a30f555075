import { randomUUID } from "node:crypto";
import { type Request, type Response, Router } from "express";
import { unauthenticated } from "../access/permissions.js";
import type { Principal } from "../access/principal.js";
import { notFound } from "../errors.js";
import type { Allowances } from "../limits/allowances.js";
import type { PictureDecoder } from "../pictures/decoder.js";
import { isId } from "../records/id.js";
import type { FrameRecord, ImageRecord } from "../records/pictures.js";
import type { Admission } from "../sessions/admission.js";
import { expiry, requireLifetime } from "../sessions/expiry.js";
import { requireId } from "../sessions/requirements.js";
import { keptFrames } from "../sessions/watch/kept-frames.js";
import type { Storage } from "../storage/storage.js";
import type { RouteAccess } from "./access.js";
import { createBareCopies } from "./bare-copies.js";
import { checkUpload, type UploadLimits } from "./check-upload.js";
import { createConcurrencyLimiter, type Sender } from "./concurrency-limiter.js";
import type { Metrics } from "./metrics.js";
import { sendPicture } from "./send-picture.js";
import { createThumbnails, requestedWidth } from "./thumbnails.js";
import { receiveUpload } from "./upload-body.js";
import { intakeLimits, UploadIntake } from "./upload-intake.js";

/** Pictures that are decoded at a time: each takes a whole core, and the rest of the server needs some too. */
const MAX_DECODING = 2;

export interface PictureDependencies {
  storage: Pick<Storage, "images" | "sessions" | "frames" | "recentFrames" | "blobs" | "thumbnails" | "now">;
  decoder: PictureDecoder;
  limits: UploadLimits;
  metrics: Pick<Metrics, "countUpload">;
  access: RouteAccess;
  allowances: Allowances;
  admission: Admission;
}

/**
 * `POST /images`; `GET /images/:id` and `GET /frames/:sessionId/:step`, both with `?w=` as a thumbnail. Only its owner
 * gets an upload as it was sent; others, admins too, get it without metadata, such as where it was taken.
 */
export function pictureRoutes({ storage, decoder, limits, metrics, access, allowances, admission }: PictureDependencies): Router {
  const kept = keptFrames(storage);
  const intake = new UploadIntake(intakeLimits, allowances);
  const thumbnails = createThumbnails(storage.thumbnails, decoder.shrink, allowances);
  const bareCopies = createBareCopies(decoder.encodeUpright, allowances);
  // Every upload that was admitted may wait for its turn.
  const decoding = createConcurrencyLimiter({
    ...{ maxRunning: MAX_DECODING, maxWaiting: intakeLimits.maxUploads, others: "uploads", allowances },
  });

  /**
   * Stores the bytes of an upload unchanged, once `permitted` has let it. Returns the image that is there already when they
   * were uploaded before.
   */
  async function store(
    bytes: Uint8Array,
    sender: Sender & { ownerId: string },
    lifetime: number | null,
    permitted: () => Promise<void>,
  ): Promise<ImageRecord> {
    const inspected = await decoding.run(sender, () => checkUpload(bytes, limits, decoder));
    await permitted();
    const digest = await storage.blobs.put(bytes);
    try {
      const { byteLength } = bytes;
      const createdAt = await storage.now();
      const ends = { createdAt, expiresAt: expiry("expiresIn", lifetime, createdAt) };
      return await storage.images.insert({
        ...{ id: randomUUID(), digest, ...inspected, byteLength, ...ends, ownerId: sender.ownerId, visibility: "PRIVATE" },
      });
    } catch (error) {
      await storage.blobs.delete(digest);
      throw error;
    }
  }

  const passing = createPassingSessions(storage.sessions);

  /** Sends a picture, or its thumbnail where the request asks for one. One that expires stays in no cache. */
  async function send(
    party: Principal,
    request: Request,
    response: Response,
    picture: Pick<ImageRecord | FrameRecord, "digest" | "width" | "height" | "mimeType">,
    expires: boolean,
    load: () => Promise<Uint8Array>,
  ) {
    const width = requestedWidth(request.query.w);
    const cache = expires ? "NOBODY" : access.isOpenToAll ? "EVERYONE" : "ONE_BROWSER";
    if (width === null) return sendPicture(request, response, { ...picture, cache }, load);
    const thumbnail = { digest: `${picture.digest}-${width}`, mimeType: "image/webp", cache } as const;
    return sendPicture(request, response, thumbnail, () =>
      thumbnails.get({ party, address: access.addressOf(request) }, picture, width, load),
    );
  }

  const router = Router();

  router.post("/images", async (request, response) => {
    try {
      const principal = await access.require("POST /images", request);
      const { ownerId } = principal;
      if (ownerId === null) throw unauthenticated();
      const lifetime = requestedLifetime(request.query.expiresIn);
      // Refused before its bytes arrive; the time counts from when they are stored.
      requireLifetime("expiresIn", lifetime);
      await allowances.spend("uploadsPerMinute", principal, null);
      await allowances.spend("linkUploadsPerMinute", principal, null);
      // Most clients say how much they send, so that it is refused before it arrives.
      const declared = Math.min(Number(request.get("Content-Length") ?? 0), limits.maxUploadBytes);
      const count = async (byteLength: number) => {
        if (byteLength <= 0) return;
        await allowances.spend("uploadBytesPerMinute", principal, null, byteLength);
        await admission.requireSpace(principal, byteLength);
      };
      await count(declared);
      const image = await intake.run(principal, request, async (upload) => {
        const bytes = await receiveUpload(request, limits.maxUploadBytes, upload);
        if (declared === 0) await count(bytes.byteLength);
        // The sender's access may have ended while the bytes arrived.
        const permitted = () => access.requireStill("POST /images", request, principal);
        return store(bytes, { party: principal, address: null, ownerId }, lifetime, permitted);
      });
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
    const principal = await access.require("GET /images/:id", request);
    const image = await storage.images.find(requireId("id", request.params.id));
    if (!image) throw notFound("id", "There is no such image.");
    const expires = image.expiresAt !== null;
    const load = () => storage.blobs.get(image.digest);
    const getsOriginal = access.isOpenToAll || principal.ownerId === image.ownerId;
    if (request.query.w !== undefined || getsOriginal) return send(principal, request, response, image, expires, load);
    const copy = await bareCopies.get({ party: principal, address: access.addressOf(request) }, image, load);
    await send(principal, request, response, copy, expires, async () => copy.bytes);
  });

  router.get("/frames/:sessionId/:step", async (request, response) => {
    const { sessionId, step } = request.params;
    const principal = await access.require("GET /frames/:sessionId/:step", request);
    const frame = isId(sessionId) && /^\d{1,10}$/.test(step) ? await kept.find(sessionId, Number(step)) : null;
    if (!frame) throw notFound("step", "There is no such frame.");
    await send(principal, request, response, frame, await passing(frame.sessionId), () => kept.picture(frame));
  });

  return router;
}

/** The lifetime that an upload asks for, s: null for none, and NaN, which no limit allows, for what is no number. */
function requestedLifetime(text: unknown): number | null {
  if (text === undefined) return null;
  return typeof text === "string" && /^\d{1,10}$/.test(text) ? Number(text) : Number.NaN;
}

function imageUrl(id: string): string {
  return `/images/${id}`;
}

/** Sessions whose expiry is remembered. */
const MOST_REMEMBERED = 1000;

/**
 * Tells whether a session expires. A session that lasts never begins to expire, nor the other way round, so the answer is
 * remembered: frames are asked for by the thousand.
 */
function createPassingSessions(sessions: Pick<Storage["sessions"], "find">): (sessionId: string) => Promise<boolean> {
  const known = new Map<string, boolean>();
  return async (sessionId) => {
    const found = known.get(sessionId);
    if (found !== undefined) return found;
    const session = await sessions.find(sessionId);
    const passes = session?.expiresAt != null;
    if (known.size >= MOST_REMEMBERED) known.delete(known.keys().next().value ?? "");
    if (session) known.set(sessionId, passes);
    return passes;
  };
}

/** The JSON of an image, with the same fields as `Image` in GraphQL. */
function imageBody({ id, width, height, mimeType, byteLength, createdAt, expiresAt }: ImageRecord) {
  const times = { createdAt: createdAt.toISOString(), expiresAt: expiresAt?.toISOString() ?? null };
  return { id, url: imageUrl(id), width, height, mimeType, bytes: byteLength, ...times };
}
