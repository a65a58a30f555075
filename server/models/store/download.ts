import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { rename, stat } from "node:fs/promises";
import { pipeline } from "node:stream/promises";
import { setTimeout as delay } from "node:timers/promises";
import { AtelierError } from "../../errors.js";
import { TransferError, type TransferLimits, transferLimits } from "./http.js";
import { PartialFile } from "./partial-file.js";
import { transfer, type Wanted } from "./transfer.js";

/** One file to be fetched. */
export interface Download extends Wanted {
  /** Where the whole, verified file is put; until then `<path>.partial` grows. */
  path: string;
  /** The digest in lower-case hex. */
  checksum: { algorithm: "md5" | "sha256"; digest: string };
  limits?: Partial<TransferLimits>;
}

/** A try that brought so many bytes was not in vain. */
const WORTHWHILE_BYTES = 2 ** 20;
/** Longest wait between tries, ms. */
const MAX_BACKOFF_MS = 60_000;

/**
 * Fetches a file: goes on where an earlier try or process broke off, tries again when the network or the server fails for a
 * while, and lets the file appear under its name only when size and checksum are right.
 * @throws AtelierError UNAVAILABLE when it cannot be had or stored; the signal's reason when it aborts (what came is kept).
 */
export async function download(file: Download): Promise<void> {
  const { path, bytes, signal } = file;
  const limits = { ...transferLimits, ...file.limits };
  const partial = `${path}.partial`;
  try {
    if (await isWhole(path, file)) return;
    let drops = 0;
    let doubted = false;
    for (let failures = 0; ; ) {
      const before = await sizeOf(partial);
      try {
        await transfer(file, partial, limits.stallMs);
        if (await isWhole(partial, file)) break;
        await PartialFile.discard(partial);
        // What was there before may have been of another version: all of it is fetched once more.
        const temporary = before > 0 && !doubted;
        doubted = true;
        throw new TransferError("what came is not what was published (the checksum differs)", { temporary });
      } catch (error) {
        signal.throwIfAborted();
        if (!(error instanceof TransferError)) throw error;
        const after = await sizeOf(partial);
        failures = after - before >= WORTHWHILE_BYTES ? 0 : failures + 1;
        // What comes and is dropped in turns would else count as luck for ever.
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
    throw unavailable(error);
  }
}

/** Twice as long each time; by lot a bit longer, so that not all servers ask at once again. */
function backoff(first: number, failures: number): number {
  return Math.min(MAX_BACKOFF_MS, first * 2 ** Math.max(0, failures - 1)) * (1 + Math.random() / 2);
}

async function isWhole(path: string, { bytes, checksum: { algorithm, digest } }: Download): Promise<boolean> {
  if ((await sizeOf(path)) !== bytes) return false;
  const hash = createHash(algorithm);
  await pipeline(createReadStream(path), hash);
  return hash.digest("hex") === digest;
}

async function sizeOf(path: string): Promise<number> {
  try {
    return (await stat(path)).size;
  } catch (error) {
    if (codeOf(error) === "ENOENT") return 0;
    throw error;
  }
}

function codeOf(error: unknown): string | null {
  return error instanceof Error && "code" in error ? String(error.code) : null;
}

/** The error that whoever waits for the file is told. */
export function unavailable(error: unknown): AtelierError {
  if (error instanceof AtelierError) return error;
  if (error instanceof TransferError) return new AtelierError("UNAVAILABLE", `${capital(error.message)}.`, {}, { cause: error });
  const code = codeOf(error);
  if (code === "ENOSPC" || code === "EDQUOT") return new AtelierError("UNAVAILABLE", "The server's disk is full.", {}, { cause: error });
  const reason = code === null ? "It could not be made use of; the server's log says why." : `It could not be stored (${code}).`;
  return new AtelierError("UNAVAILABLE", reason, {}, { cause: error });
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
