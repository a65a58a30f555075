import { pictureTexts as texts } from "../texts/pictures";
import { ConnectionError, ServerError } from "./execute";
import type { Picture } from "./operations";

export interface UploadOptions {
  /** Receives the share that has been sent, 0..1. */
  onProgress?(share: number): void;
  /** Seconds until the server deletes the picture, unless a session uses it; by default it stays. */
  expiresIn?: number;
  /** Ends the upload. */
  signal?: AbortSignal;
}

/**
 * Uploads a picture to the server.
 * @throws ServerError for a file that is not a picture or is over a limit, ConnectionError, and the reason that the
 * signal aborts with.
 */
export function uploadPicture(bytes: Blob, { onProgress, expiresIn, signal }: UploadOptions = {}): Promise<Picture> {
  // Unlike fetch, it reports the progress of what is sent.
  const request = new XMLHttpRequest();
  const uploading = new Promise<Picture>((resolve, reject) => {
    request.upload.onprogress = ({ loaded, total }) => onProgress?.(total === 0 ? 0 : loaded / total);
    request.onerror = () => reject(new ConnectionError());
    request.onabort = () => reject(signal?.reason);
    request.onload = () => {
      try {
        resolve(answerOf(request.responseText));
      } catch (error) {
        reject(error);
      }
    };
  });
  request.open("POST", expiresIn === undefined ? "/images" : `/images?expiresIn=${expiresIn}`);
  request.setRequestHeader("Content-Type", bytes.type || "application/octet-stream");
  signal?.addEventListener("abort", () => request.abort());
  request.send(bytes);
  return uploading;
}

function answerOf(text: string): Picture {
  let body: Picture & { code?: string; message?: string; field?: string };
  try {
    body = JSON.parse(text);
  } catch (cause) {
    throw new ConnectionError({ cause });
  }
  const { code, message, field } = body;
  if (code) throw new ServerError(message ?? texts.refused, code, field ?? null);
  return body;
}
