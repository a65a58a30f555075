import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { rename, stat, statfs } from "node:fs/promises";
import { pipeline } from "node:stream/promises";
import { setTimeout as delay } from "node:timers/promises";
import { AtelierError, systemCode, unavailable } from "../../errors.js";
import { headOf } from "../file-kind.js";
import { TransferError, type TransferLimits, transferLimits } from "./http.js";
import { PartialFile } from "./partial-file.js";
import { arrived, type Transfer, transfer } from "./transfer.js";

/** One file to be downloaded. */
export interface Download extends Transfer {
  /** Where the complete, verified file is put; until then `<path>.partial` grows. */
  path: string;
  /** The digest in lower-case hex. */
  checksum: { algorithm: "md5" | "sha256"; digest: string };
  limits?: Partial<TransferLimits>;
}

/** An attempt that brought at least this much does not count as a failure. */
const WORTHWHILE_BYTES = 2 ** 20;
/** Longest wait between attempts, ms. */
const MAX_BACKOFF_MS = 60_000;
/** Disk space that a download leaves for sessions and pictures. */
const RESERVED_BYTES = 256 * 2 ** 20;

/**
 * Downloads a file. Continues where an earlier attempt or process broke off, retries when the network or the server
 * fails temporarily, and puts the file under its name only when size and checksum are right.
 * @throws AtelierError UNAVAILABLE when it cannot be downloaded or stored; the signal's reason when it aborts (the
 * bytes that arrived are kept).
 */
export async function download(file: Download): Promise<void> {
  const { path, bytes, signal } = file;
  const limits = { ...transferLimits, ...file.limits };
  const partial = `${path}.partial`;
  try {
    if (await isComplete(path, file)) return;
    let drops = 0;
    let hadWrongChecksum = false;
    for (let failures = 0; ; ) {
      const before = await sizeOf(partial);
      try {
        await transfer(file, partial, limits.stallMs);
        if (await isComplete(partial, file)) break;
        const what = arrived(await headOf(partial));
        await PartialFile.discard(partial);
        // Bytes from an earlier attempt may have been of another version, so the whole file is downloaded once more.
        const temporary = before > 0 && !hadWrongChecksum;
        hadWrongChecksum = true;
        throw new TransferError(`the file that arrived is not the published one (the checksum differs)${what}`, { temporary });
      } catch (error) {
        signal.throwIfAborted();
        if (!(error instanceof TransferError)) throw error;
        const after = await sizeOf(partial);
        failures = after - before >= WORTHWHILE_BYTES ? 0 : failures + 1;
        // Without this count, a file that arrives and is dropped in turns would be retried for ever.
        if (after < before) drops++;
        if (!error.temporary || failures >= limits.attempts || drops >= limits.attempts) throw error;
        await delay(backoff(limits.backoffMs, failures), undefined, { signal });
      }
    }
    await rename(partial, path);
    await PartialFile.discard(partial);
    file.progress(bytes);
  } catch (error) {
    signal.throwIfAborted();
    throw downloadError(error);
  }
}

/**
 * Requires space for `byteLength` more bytes on the disk of `folder`.
 * @throws AtelierError UNAVAILABLE when there is too little.
 */
export async function requireDiskSpace(folder: string, byteLength: number): Promise<void> {
  const { blocks, bavail, bsize } = await statfs(folder);
  // Some file systems do not report their size.
  if (blocks === 0 || bavail * bsize >= byteLength + RESERVED_BYTES) return;
  throw new AtelierError("UNAVAILABLE", "The server's disk has too little space for it.", { limit: byteLength });
}

/** Number of bytes of a file that are on disk, complete or as `<path>.partial`. */
export async function storedBytes(path: string): Promise<number> {
  return (await sizeOf(path)) || sizeOf(`${path}.partial`);
}

/** The error of a failed download as clients see it. */
export function downloadError(error: unknown): AtelierError {
  if (error instanceof AtelierError) return error;
  if (error instanceof TransferError) return unavailable(`${capitalised(error.message)}.`, { cause: error });
  const code = systemCode(error);
  if (code === "ENOSPC" || code === "EDQUOT") return unavailable("The server's disk is full.", { cause: error });
  const reason = code === undefined ? "It could not be used; the server's log says why." : `It could not be stored (${code}).`;
  return unavailable(reason, { cause: error });
}

/** Doubles with each failure, plus up to half at random, so that servers do not retry at the same time. */
function backoff(firstMs: number, failures: number): number {
  return Math.min(MAX_BACKOFF_MS, firstMs * 2 ** Math.max(0, failures - 1)) * (1 + Math.random() / 2);
}

async function isComplete(path: string, { bytes, checksum: { algorithm, digest } }: Download): Promise<boolean> {
  if ((await sizeOf(path)) !== bytes) return false;
  const hash = createHash(algorithm);
  await pipeline(createReadStream(path), hash);
  return hash.digest("hex") === digest;
}

/** Size in bytes; 0 for a file that does not exist. */
async function sizeOf(path: string): Promise<number> {
  try {
    return (await stat(path)).size;
  } catch (error) {
    if (systemCode(error) === "ENOENT") return 0;
    throw error;
  }
}

function capitalised(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
