import { once } from "node:events";
import type { IncomingMessage } from "node:http";
import { type Request, type Response, Router } from "express";
import sharp from "sharp";
import { badInput, PictureUnreadable } from "../errors.js";
import type { Party } from "../limits/allowances.js";
import type { SocketPlaces } from "../limits/socket-places.js";
import { requireId } from "../sessions/requirements.js";
import { requireOutputName } from "../sessions/start-input.js";
import type { FrameBroker } from "../sessions/watch/frame-broker.js";
import type { WatchOutput } from "../sessions/watch/output-viewer.js";
import type { SharedFrame } from "../sessions/watch/shared-frame.js";
import type { RouteAccess } from "./access.js";

const BOUNDARY = "atelier-frame";

/**
 * What stands before, between and after the pictures. Every layout sends at once what tells its reader that a picture
 * is complete, so that the picture shows when it is sent and not when the next one comes.
 */
interface Layout {
  start: string;
  before(picture: Uint8Array): string;
  after: string;
  end: string;
}

/** For programs: each part has its length, and the delimiter after it is sent with it. */
const partsWithLength: Layout = {
  start: `--${BOUNDARY}`,
  before: ({ byteLength }) => `\r\nContent-Type: image/jpeg\r\nContent-Length: ${byteLength}\r\n\r\n`,
  after: `\r\n--${BOUNDARY}`,
  end: "--\r\n",
};

const HEADER_AHEAD = `--${BOUNDARY}\r\nContent-Type: image/jpeg\r\n\r\n`;

/**
 * For browsers: Chromium ignores lengths and shows a part when the header of the next one arrives. That header is sent
 * with the picture, before the length of the next picture is known.
 */
const headersAhead: Layout = {
  start: HEADER_AHEAD,
  before: () => "",
  after: `\r\n${HEADER_AHEAD}`,
  end: `\r\n--${BOUNDARY}--\r\n`,
};

/** Quality of a frame that is stored as PNG, as a painting's last one is: readers of such streams know only JPEG. */
const JPEG_QUALITY = 90;

/** Highest rate that a viewer may ask for, frames per second. */
const MAX_FPS = 60;

/** An output shows its picture again after this time without a new one, ms: programs give a silent stream up. */
const SHOW_AGAIN_MS = 5000;

interface MjpegDependencies {
  broker: Pick<FrameBroker, "watch">;
  watchOutput: WatchOutput;
  access: RouteAccess;
  places: SocketPlaces;
  /** Address of a client; null when its connection is gone. */
  addressOf(request: IncomingMessage): string | null;
}

/** What a stream shows: a picture, none any more (null), or an event that is no picture. */
type Shown = AsyncIterableIterator<{ frame?: SharedFrame | null }>;

/**
 * Live pictures for programs without GraphQL, such as OBS. Every part of the response replaces the one before it
 * (multipart/x-mixed-replace). `?fps=` limits the rate; a viewer that reads slowly gets the newest frame each time. A
 * browser that shows the address, by itself or in a page, is known by its Accept header.
 * - `GET /sessions/:id/stream.mjpeg`: a session. It begins with the latest frame and ends with the session.
 * - `GET /live/out/:name.mjpeg`: a lasting output. It begins with a dark picture and the one that the output
 *   holds, and ends only with the server. `?key=` has the secret of a link to it; without, it is the sender's own.
 *
 * A stream takes the place of a socket: beyond the limits of sockets it is refused with LIMIT.
 */
export function mjpegRoutes({ broker, watchOutput, access, places, addressOf }: MjpegDependencies): Router {
  const router = Router();

  /** Sends a stream while it has the place of a socket. @throws AtelierError LIMIT */
  async function inPlace(viewer: Party, request: Request, send: () => Promise<void>): Promise<void> {
    const place = places.take(viewer, addressOf(request) ?? "");
    await place.confirm();
    await send().finally(place.release);
  }

  router.get("/sessions/:id/stream.mjpeg", async (request, response) => {
    const id = requireId("id", request.params.id ?? "");
    const principal = await access.require("GET /sessions/:id/stream.mjpeg", request);
    const maxFramesPerSecond = framesPerSecond(request.query.fps);
    await inPlace(principal, request, async () => {
      const events = (await broker.watch(id, { afterStep: null, maxFramesPerSecond })) as Shown;
      await answer(
        events,
        access.whileAllowed(principal, [id], () => response.destroy()),
        request,
        response,
        null,
      );
    });
  });

  router.get("/live/out/:name.mjpeg", async (request, response) => {
    const name = requireOutputName("name", request.params.name ?? "");
    const { ownerId, viewer, grounds } = await access.outputOf(name, request);
    const maxFramesPerSecond = framesPerSecond(request.query.fps);
    await inPlace(viewer, request, async () => {
      const dark = await darkPicture();
      const pictures = (await watchOutput({ name, ownerId }, maxFramesPerSecond)) as Shown;
      await answer(
        pictures,
        access.whileAllowed(grounds, [], () => response.destroy()),
        request,
        response,
        dark,
      );
    });
  });

  return router;
}

/**
 * Streams what is shown, and then calls what `allowed` gives. `first` is shown until a picture comes, and the last picture again
 * and again, unless it is null. @throws what `allowed` throws
 */
async function answer(
  shown: Shown,
  allowed: Promise<() => void>,
  request: Request,
  response: Response,
  first: Uint8Array | null,
): Promise<void> {
  let release: (() => void) | null = null;
  try {
    release = await allowed;
    response.set({
      "Cache-Control": "no-store",
      "Content-Type": `multipart/x-mixed-replace; boundary=${BOUNDARY}`,
      "X-Content-Type-Options": "nosniff",
      "Content-Security-Policy": "default-src 'none'; sandbox",
      Connection: "close",
      // nginx would collect pictures before it passes them on.
      "X-Accel-Buffering": "no",
      Vary: "Accept",
    });
    if (request.method === "HEAD") response.end();
    else await stream(shown, request, response, first);
  } finally {
    release?.();
    await shown.return?.();
  }
}

/** Writes pictures until there are no more or the viewer leaves. */
async function stream(shown: Shown, request: Request, response: Response, first: Uint8Array | null): Promise<void> {
  // Otherwise a viewer that leaves between frames would be noticed only at the next frame.
  request.once("close", () => void shown.return?.());
  // It may have left before this was heard.
  if (response.destroyed) return;
  const layout = /image\/(\*|avif|webp|svg)|text\/html/.test(request.get("Accept") ?? "") ? headersAhead : partsWithLength;
  response.flushHeaders();
  response.write(layout.start);
  let last = first;
  if (last) await writePart(response, layout, last);
  const again = setInterval(() => {
    // Nothing is written behind a picture that is still being sent.
    if (last && response.writableLength === 0 && !response.destroyed) void writePart(response, layout, last);
  }, SHOW_AGAIN_MS);
  try {
    for await (const { frame } of shown) {
      const jpeg = frame ? await jpegOf(frame) : frame === null ? first : null;
      if (jpeg) {
        again.refresh();
        if (first) last = jpeg;
        await writePart(response, layout, jpeg);
      }
      if (response.destroyed) return;
    }
    response.end(layout.end);
  } finally {
    clearInterval(again);
  }
}

/** What an output shows before its first picture. */
function darkPicture(): Promise<Buffer> {
  return sharp({ create: { width: 640, height: 480, channels: 3, background: "#161513" } })
    .jpeg()
    .toBuffer();
}

/** Writes a picture. Resolves when the socket takes more. */
async function writePart(response: Response, { before, after }: Layout, jpeg: Uint8Array): Promise<void> {
  response.cork();
  response.write(before(jpeg));
  response.write(jpeg);
  const isTaken = response.write(after);
  response.uncork();
  if (isTaken || response.destroyed) return;
  const closed = new AbortController();
  const abort = () => closed.abort();
  response.once("close", abort);
  try {
    await once(response, "drain", { signal: closed.signal });
  } catch (error) {
    if (!closed.signal.aborted) throw error;
  } finally {
    response.off("close", abort);
  }
}

/** Null for a picture whose file is missing, damaged or unreadable: the next one may be there. */
async function jpegOf(frame: SharedFrame): Promise<Uint8Array | null> {
  try {
    const bytes = await frame.picture();
    if (frame.record.mimeType === "image/jpeg") return bytes;
    return await sharp(bytes).jpeg({ quality: JPEG_QUALITY, chromaSubsampling: "4:4:4" }).toBuffer();
  } catch (error) {
    if (error instanceof PictureUnreadable) return null;
    throw error;
  }
}

/** @throws AtelierError BAD_INPUT */
function framesPerSecond(value: unknown): number | null {
  if (value === undefined) return null;
  const fps = typeof value === "string" && /^\d{1,3}(\.\d{1,3})?$/.test(value) ? Number(value) : 0;
  if (fps > 0 && fps <= MAX_FPS) return fps;
  throw badInput("fps", `fps must be greater than 0 and at most ${MAX_FPS}.`, MAX_FPS, { max: MAX_FPS, unit: "frames/s" });
}
