import type { Request, Response } from "express";
import type { BlobStore } from "../storage/storage.js";

/** What is sent of a stored picture. */
interface StoredPicture {
  digest: string;
  mimeType: string;
  bytes: number;
}

/** Sends a picture that never changes: cached for ever, 304 where the client has it, no body for HEAD. */
export async function sendPicture(request: Request, response: Response, picture: StoredPicture, blobs: BlobStore): Promise<void> {
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
  if (request.method === "HEAD") {
    response.set("Content-Length", String(picture.bytes)).end();
    return;
  }
  const bytes = await blobs.get(picture.digest);
  response.end(bytes);
}
