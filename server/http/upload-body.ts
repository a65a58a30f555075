import type { IncomingMessage } from "node:http";
import type { Readable } from "node:stream";
import busboy from "busboy";
import { HttpError } from "./errors.js";
import type { Upload } from "./upload-intake.js";

/** Space for the boundaries, headers and small fields of a multipart body, bytes. */
const MULTIPART_OVERHEAD = 1_000_000;
/** How much of an oversized body is read and discarded before the connection is cut, as a multiple of the limit. */
const DISCARD_FACTOR = 4;
/** The least that a client must send in each interval, bytes and ms: 2 kB a second. Slower uploads would never end. */
const slowest: UploadPace = { byteLength: 40_000, intervalMs: 20_000 };

interface UploadPace {
  byteLength: number;
  intervalMs: number;
}

/** Where the bytes that arrive are counted. */
type Holder = Pick<Upload, "hold" | "paused">;

/**
 * The bytes of an upload: the body itself, or the part `file` of a multipart body. A body over `limit` bytes is not
 * kept but read to its end, within reason, because many clients read no response before they have sent everything.
 * @throws HttpError 413 LIMIT, 400 for a multipart body without a file or a body that breaks off or is too slow, 415 for
 * a compressed body.
 */
export async function receiveUpload(
  request: IncomingMessage,
  limit: number,
  holder: Holder,
  pace: UploadPace = slowest,
): Promise<Uint8Array> {
  const { "content-type": type = "", "content-encoding": encoding = "identity", "content-length": length } = request.headers;
  if (encoding !== "identity") {
    throw new HttpError(415, "BAD_INPUT", "The upload must not be compressed.", {
      ...{ field: "Content-Encoding", limit: "identity", allowed: ["identity"] },
    });
  }
  const multipart = /^multipart\/form-data\b/i.test(type);
  const bodyLimit = multipart ? limit + MULTIPART_OVERHEAD : limit;
  if (Number(length) > bodyLimit * DISCARD_FACTOR) throw tooLarge(limit);
  const body = collect(request, bodyLimit, holder, pace);
  return multipart ? partNamedFile(request, await body, limit) : await body;
}

function tooLarge(limit: number): HttpError {
  return new HttpError(413, "LIMIT", `The upload is too large: at most ${limit} bytes are accepted.`, {
    ...{ field: "file", limit, max: limit, unit: "bytes", limitName: "uploadBytes" },
  });
}

function brokeOff(cause?: unknown): HttpError {
  return new HttpError(400, "BAD_INPUT", "The upload broke off.", { field: "file" }, { cause });
}

function tooSlow({ byteLength, intervalMs }: UploadPace): HttpError {
  const perSecond = Math.round((byteLength / intervalMs) * 1000);
  const message = `The upload was too slow or stalled: at least ${perSecond} bytes a second must arrive.`;
  return new HttpError(400, "BAD_INPUT", message, { field: "file", limit: perSecond, min: perSecond, unit: "bytes per second" });
}

/** All bytes of a stream. The stream is never destroyed, because the response uses the same connection. */
function collect(stream: Readable, limit: number, holder: Holder, pace: UploadPace): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    // The client left before its upload was read: the stream will emit nothing more.
    if (stream.destroyed) throw brokeOff();
    const chunks: Buffer[] = [];
    let received = 0;
    let before = 0;
    const settle = (error: Error | null) => {
      clearInterval(watch);
      stream.off("data", take).off("end", end).off("error", fail).off("close", fail);
      if (error) reject(error);
      else resolve(Buffer.concat(chunks, received));
    };
    const take = (chunk: Buffer) => {
      received += chunk.byteLength;
      if (received <= limit) chunks.push(chunk);
      else chunks.length = 0;
      holder.hold(received <= limit ? received : 0);
      if (received > limit * DISCARD_FACTOR) settle(tooLarge(limit));
    };
    const end = () => settle(received > limit ? tooLarge(limit) : null);
    const fail = (cause?: unknown) => settle(brokeOff(cause));
    const watch = setInterval(() => {
      if (!holder.paused && received - before < pace.byteLength) settle(tooSlow(pace));
      before = received;
    }, pace.intervalMs);
    stream.on("data", take).on("end", end).on("error", fail).on("close", fail);
  });
}

/** The part `file` of a multipart body. */
function partNamedFile(request: IncomingMessage, body: Uint8Array, limit: number): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    const unreadable = (cause?: unknown) =>
      reject(new HttpError(400, "BAD_INPUT", "The multipart body has no part named file.", { field: "file" }, { cause }));
    try {
      const parser = busboy({ headers: request.headers, limits: { files: 20, fields: 20, fieldSize: 10_000, parts: 40 } });
      parser.on("file", (name, file) => {
        if (name !== "file") {
          file.resume();
          return;
        }
        const chunks: Buffer[] = [];
        file.on("data", (chunk: Buffer) => chunks.push(chunk));
        file.on("error", unreadable);
        file.on("end", () => {
          const bytes = Buffer.concat(chunks);
          if (bytes.byteLength > limit) reject(tooLarge(limit));
          else resolve(bytes);
        });
      });
      parser.on("error", unreadable);
      parser.on("close", () => unreadable());
      parser.end(body);
    } catch (error) {
      unreadable(error);
    }
  });
}
