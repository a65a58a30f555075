import type { Request, Response } from "express";

interface StoredPicture {
  digest: string;
  mimeType: string;
  /** Whether it will be deleted, so that no copy may stay in a cache. */
  expires: boolean;
}

/**
 * Sends a picture that never changes: clients may cache it for ever, unless it expires. Answers 304 to a client that has it, and HEAD
 * without a body.
 * @throws PictureLost when the bytes are missing or damaged, before any header allows caching.
 */
export async function sendPicture(
  request: Request,
  response: Response,
  picture: StoredPicture,
  load: () => Promise<Uint8Array>,
): Promise<void> {
  const bytes = await load();
  response.set({
    "Cache-Control": picture.expires ? "private, no-store" : "public, max-age=31536000, immutable",
    ETag: `"${picture.digest}"`,
    "Content-Type": picture.mimeType,
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "default-src 'none'; sandbox",
  });
  if (request.fresh) {
    response.status(304).end();
    return;
  }
  response.set("Content-Length", String(bytes.byteLength));
  if (request.method === "HEAD") response.end();
  else response.end(bytes);
}
