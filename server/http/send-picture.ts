import type { Request, Response } from "express";

interface StoredPicture {
  digest: string;
  mimeType: string;
}

/**
 * Sends a picture that never changes: clients may cache it for ever. Answers 304 to a client that has it, and HEAD
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
    "Cache-Control": "public, max-age=31536000, immutable",
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
