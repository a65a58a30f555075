import type { Request, Response } from "express";

/** What is sent of a stored picture. */
interface StoredPicture {
  digest: string;
  mimeType: string;
}

/**
 * Sends a picture that never changes: cached for ever, 304 where the client has it, no body for HEAD.
 * @throws AtelierError NOT_FOUND when its bytes are gone; that answer is not to be cached.
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
