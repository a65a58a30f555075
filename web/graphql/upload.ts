import { pictureTexts as texts } from "../texts/pictures";
import { fetchJson, ServerError } from "./execute";
import type { Picture } from "./operations";

/**
 * Uploads a picture to the server.
 * @throws ServerError for a file that is not a picture or is over a limit, ConnectionError.
 */
export async function uploadPicture(bytes: Blob): Promise<Picture> {
  const body = await fetchJson("/images", {
    method: "POST",
    headers: { "Content-Type": bytes.type || "application/octet-stream" },
    body: bytes,
  });
  const { code, message, field } = body as { code?: string; message?: string; field?: string };
  if (code) throw new ServerError(message ?? texts.refused, code, field ?? null);
  return body as Picture;
}
