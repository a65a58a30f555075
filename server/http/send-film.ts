import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { Request, Response } from "express";
import { systemCode } from "../errors.js";

/** How Node names that a client broke off. */
const LOST_CLIENT = ["ERR_STREAM_PREMATURE_CLOSE", "ERR_STREAM_UNABLE_TO_PIPE", "EPIPE", "ECONNRESET"];

/**
 * Sends a film, which never changes, or the range of bytes that was asked for: players seek in films. `read` returns the
 * bytes from one position to another one, both included. Answers 304 to a client that has the film, 416 to a range beyond
 * its end, and HEAD without a body. A client may break off.
 * @throws AtelierError of `read` before anything is sent.
 */
export async function sendFilm(
  request: Request,
  response: Response,
  { id, bytes }: { id: string; bytes: number },
  read: (from: number, to: number) => Promise<AsyncIterable<Uint8Array>>,
): Promise<void> {
  const etag = `"${id}"`;
  response.set({ "Accept-Ranges": "bytes", ETag: etag });
  if (request.fresh) {
    response.status(304).end();
    return;
  }
  const range = rangeOf(request, etag, bytes);
  if (range === null) {
    response.removeHeader("Content-Disposition");
    response
      .status(416)
      .set({ "Content-Range": `bytes */${bytes}`, "Cache-Control": "no-store" })
      .end();
    return;
  }
  const { start, end } = range;
  const parts = request.method === "HEAD" ? null : (await read(start, end))[Symbol.asyncIterator]();
  // A missing file shows with the first bytes, while it can still be answered.
  const first = await parts?.next();
  if (range.isPart) response.status(206).set("Content-Range", `bytes ${start}-${end}/${bytes}`);
  response.set("Content-Length", String(end - start + 1));
  if (!parts) {
    response.end();
    return;
  }
  try {
    await pipeline(Readable.from(joined(first, parts)), response);
  } catch (error) {
    if (!LOST_CLIENT.includes(systemCode(error) ?? "")) throw error;
  }
}

/** The bytes to send, both positions included; null for a range that does not exist. Several ranges get the whole film. */
function rangeOf(request: Request, etag: string, bytes: number): { start: number; end: number; isPart: boolean } | null {
  const whole = { start: 0, end: bytes - 1, isPart: false };
  const condition = request.get("If-Range");
  if (condition !== undefined && condition !== etag) return whole;
  const ranges = request.range(bytes, { combine: true });
  if (ranges === -1) return null;
  if (!Array.isArray(ranges) || ranges.type !== "bytes") return whole;
  const [range] = ranges;
  return range && ranges.length === 1 ? { ...range, isPart: true } : whole;
}

async function* joined(first: IteratorResult<Uint8Array> | undefined, rest: AsyncIterator<Uint8Array>): AsyncGenerator<Uint8Array> {
  try {
    for (let part = first; part && !part.done; part = await rest.next()) yield part.value;
  } finally {
    // A client that broke off leaves a file open otherwise.
    await rest.return?.();
  }
}
