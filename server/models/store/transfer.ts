import type { Response } from "undici";
import { HEAD_BYTES, substituteFor } from "../file-kind.js";
import { bodyOf, requestBytes, TransferError, Watchdog } from "./http.js";
import { PartialFile } from "./partial-file.js";

/** A file on a server. */
export interface Transfer {
  url: URL;
  /** Exact size. */
  bytes: number;
  signal: AbortSignal;
  /** Receives the number of bytes that have arrived. */
  progress(received: number): void;
}

/**
 * Makes one attempt to complete a partial file from where it ends.
 * @throws TransferError when the server does not cooperate; the bytes that arrived are kept.
 */
export async function transfer(wanted: Transfer, path: string, stallMs: number): Promise<void> {
  const file = await PartialFile.open(path, wanted.url);
  const watchdog = new Watchdog(stallMs, wanted.signal);
  try {
    if (file.received > wanted.bytes) await file.restart(null);
    if (file.received < wanted.bytes) await receive(wanted, file, watchdog);
    await file.sync();
  } finally {
    watchdog.stop();
    await file.close();
  }
}

async function receive({ url, bytes, progress }: Transfer, file: PartialFile, watchdog: Watchdog): Promise<void> {
  const response = await requestBytes(url, rangeFrom(file), watchdog.signal);
  if (response.status === 416 || !(await continues(response, file, bytes))) {
    await response.body?.cancel();
    await file.restart(null);
    throw new TransferError("the download server does not resume where it broke off", { temporary: true });
  }
  const length = lengthOf(response);
  if (length !== null && file.received + length !== bytes) {
    const what = arrived(await headOfBody(response, watchdog));
    throw new TransferError(`it has ${file.received + length} bytes instead of ${bytes}${what}`, { temporary: false });
  }
  progress(file.received);
  for await (const chunk of bodyOf(response, watchdog)) {
    const isFirst = file.received === 0;
    if (file.received + chunk.byteLength > bytes) {
      const what = arrived(isFirst ? chunk : await file.head());
      await file.restart(null);
      throw new TransferError(`it has more than ${bytes} bytes${what}`, { temporary: false });
    }
    await file.append(chunk);
    progress(file.received);
  }
  if (file.received < bytes) {
    const what = arrived(await file.head());
    throw new TransferError(`the download server ended after ${file.received} of ${bytes} bytes${what}`, { temporary: true });
  }
}

/** The end of a message about a file that begins like another kind of file; empty otherwise. */
export function arrived(head: Uint8Array): string {
  const kind = substituteFor(head);
  return kind === null ? "" : `; what arrived is ${kind}`;
}

/** The first bytes of a response that is not wanted, as far as they arrive; the rest is cancelled. */
async function headOfBody(response: Response, watchdog: Watchdog): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let byteLength = 0;
  try {
    for await (const chunk of bodyOf(response, watchdog)) {
      chunks.push(chunk);
      byteLength += chunk.byteLength;
      if (byteLength >= HEAD_BYTES) break;
    }
  } catch (error) {
    // The size that the server stated is reason enough to end the transfer.
    if (!(error instanceof TransferError)) throw error;
  }
  return Buffer.concat(chunks);
}

/** Headers that request the rest if the file is still the same version; none for the whole file. */
function rangeFrom({ received, validator }: PartialFile): Record<string, string> {
  if (received === 0) return {};
  return { range: `bytes=${received}-`, ...(validator === null ? {} : { "if-range": validator }) };
}

/**
 * Whether the response continues where the file ends. A response with the whole file restarts it and notes the version.
 */
async function continues(response: Response, file: PartialFile, bytes: number): Promise<boolean> {
  const validator = validatorOf(response);
  if (response.status === 200) {
    await file.restart(validator);
    return true;
  }
  const range = /^bytes (\d+)-(\d+)\/(\d+|\*)$/.exec(response.headers.get("content-range") ?? "");
  if (!range || Number(range[1]) !== file.received) return false;
  if (range[3] !== "*" && Number(range[3]) !== bytes) return false;
  if (file.received === 0) {
    await file.restart(validator);
    return true;
  }
  return file.validator === null || validator === null || validator === file.validator;
}

/** A strong entity tag or a date; a weak tag (W/...) does not guarantee equal bytes. RFC 9110, 13.1.5. */
function validatorOf({ headers }: Response): string | null {
  const tag = headers.get("etag");
  if (tag?.startsWith('"')) return tag;
  return headers.get("last-modified");
}

function lengthOf({ headers }: Response): number | null {
  const length = headers.get("content-length");
  return length !== null && /^\d{1,15}$/.test(length) ? Number(length) : null;
}
