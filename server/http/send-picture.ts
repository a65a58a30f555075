import type { Request, Response } from "express";

/**
 * What caches may do with a picture: give it to everyone for ever; keep it for one browser, which asks each time whether
 * it may still be shown; nothing, because it will be deleted.
 */
export type Caching = "EVERYONE" | "ONE_BROWSER" | "NOBODY";

const cacheControl: Record<Caching, string> = {
  EVERYONE: "public, max-age=31536000, immutable",
  ONE_BROWSER: "private, no-cache",
  NOBODY: "private, no-store",
};

interface StoredPicture {
  digest: string;
  mimeType: string;
  cache: Caching;
}

/**
 * Sends a picture, which never changes. Answers 304 to a client that has it, and HEAD without a body.
 * @throws PictureLost when the bytes are missing or damaged, before any header allows caching.
 */
export async function sendPicture(
  request: Request,
  response: Response,
  picture: StoredPicture,
  load: () => Promise<Uint8Array>,
): Promise<void> {
  const bytes = await load();
  // Who asks decides whether there is a picture at all, and which copy of it.
  if (picture.cache !== "EVERYONE") response.append("Vary", "Cookie, Authorization");
  response.set({
    "Cache-Control": cacheControl[picture.cache],
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
