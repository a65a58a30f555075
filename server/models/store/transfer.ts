import { bodyOf, requestBytes, TransferError, Watchdog } from "./http.js";
import { PartialFile } from "./partial-file.js";

/** What is to be fetched. */
export interface Wanted {
  url: URL;
  /** Exact size. */
  bytes: number;
  signal: AbortSignal;
  /** Told how many bytes are there. */
  progress(received: number): void;
}

/**
 * One try to bring a partial file to its full size, from where it stands.
 * @throws TransferError when the server does not play along; what came is kept.
 */
export async function transfer(wanted: Wanted, path: string, stallMs: number): Promise<void> {
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

async function receive({ url, bytes, progress }: Wanted, file: PartialFile, watchdog: Watchdog): Promise<void> {
  const response = await requestBytes(url, rangeFrom(file), watchdog.signal);
  if (response.status === 416 || !(await continues(response, file, bytes))) {
    await response.body?.cancel();
    await file.restart(null);
    throw new TransferError("the server that has it does not go on where it broke off", { temporary: true });
  }
  const length = lengthOf(response);
  if (length !== null && file.received + length !== bytes) {
    await response.body?.cancel();
    throw new TransferError(`it has ${file.received + length} bytes instead of ${bytes}`, { temporary: false });
  }
  progress(file.received);
  for await (const chunk of bodyOf(response, watchdog)) {
    if (file.received + chunk.byteLength > bytes) {
      await file.restart(null);
      throw new TransferError(`it has more than ${bytes} bytes`, { temporary: false });
    }
    await file.append(chunk);
    progress(file.received);
  }
  if (file.received < bytes)
    throw new TransferError(`the server that has it ended after ${file.received} of ${bytes} bytes`, { temporary: true });
}

/** Asks for the rest, if the file is still the same version; nothing where all of it is wanted. */
function rangeFrom({ received, validator }: PartialFile): Record<string, string> {
  if (received === 0) return {};
  return { range: `bytes=${received}-`, ...(validator === null ? {} : { "if-range": validator }) };
}

/** Whether what comes goes on where the file stands; one with the whole file lets it begin anew, with a note of its version. */
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

/** A weak entity tag (W/...) does not say that bytes are equal. RFC 9110, 13.1.5. */
function validatorOf({ headers }: Response): string | null {
  const tag = headers.get("etag");
  if (tag?.startsWith('"')) return tag;
  return headers.get("last-modified");
}

function lengthOf({ headers }: Response): number | null {
  const length = headers.get("content-length");
  return length !== null && /^\d{1,15}$/.test(length) ? Number(length) : null;
}
