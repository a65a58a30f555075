import { sha256 } from "./digest.js";

/** Ids of sessions that may have checkpoints: an id is part of a file's name. */
export const SESSION_ID = /^[A-Za-z0-9_-]{1,64}$/;

/** Limit for the checkpoints of one session, bytes; the newest two stay whatever their size. */
export const SESSION_BYTES = 64e6;

const CHECKSUM_BYTES = 32;

/** What is stored of a checkpoint: its SHA-256 (32 bytes) and then its bytes. */
export async function checkpointParts(bytes: Uint8Array): Promise<[Uint8Array, Uint8Array]> {
  return [await sha256(bytes), bytes];
}

/** The checkpoint in what was stored; null when its checksum is wrong. */
export async function contentOf(stored: Buffer): Promise<Buffer | null> {
  if (stored.byteLength < CHECKSUM_BYTES) return null;
  const content = stored.subarray(CHECKSUM_BYTES);
  return stored.subarray(0, CHECKSUM_BYTES).equals(await sha256(content)) ? content : null;
}
