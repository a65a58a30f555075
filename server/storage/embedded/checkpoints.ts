import { webcrypto } from "node:crypto";
import { readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { AtelierError } from "../../errors.js";
import type { CheckpointStore } from "../storage.js";
import { errorCode, sweepFolder, writeWhole } from "./files.js";
import type { SpaceGuard } from "./space.js";

const SESSION_ID = /^[A-Za-z0-9_-]{1,64}$/;
const CHECKSUM_BYTES = 32;
const STEP_BYTES = 4;

/**
 * One file for each session: SHA-256 of the rest (32 bytes), step (little-endian 32 bits), the checkpoint. It is not
 * flushed to disk, so a loss of power may tear it; a file whose checksum is wrong counts as none.
 */
export async function openFolderCheckpoints(folder: string, space: SpaceGuard): Promise<CheckpointStore> {
  const drafts = join(folder, "drafts");
  await sweepFolder(drafts);

  function pathOf(sessionId: string): string {
    if (!SESSION_ID.test(sessionId)) throw new AtelierError("NOT_FOUND", "There is no such session.");
    return join(folder, `${sessionId}.checkpoint`);
  }

  return {
    async put(sessionId, step, bytes) {
      const path = pathOf(sessionId);
      const content = Buffer.allocUnsafe(STEP_BYTES + bytes.byteLength);
      content.writeInt32LE(step);
      content.set(bytes, STEP_BYTES);
      const parts = [await checksum(content), content];
      await space.storing(content.byteLength, () => writeWhole(path, drafts, parts, { durable: false }));
    },

    async get(sessionId) {
      const file = await readIfThere(pathOf(sessionId));
      if (!file || file.byteLength < CHECKSUM_BYTES + STEP_BYTES) return null;
      const content = file.subarray(CHECKSUM_BYTES);
      if (!file.subarray(0, CHECKSUM_BYTES).equals(await checksum(content))) return null;
      return { step: content.readInt32LE(), bytes: content.subarray(STEP_BYTES) };
    },

    async delete(sessionId) {
      await rm(pathOf(sessionId), { force: true });
    },
  };
}

async function readIfThere(path: string): Promise<Buffer | null> {
  try {
    return await readFile(path);
  } catch (error) {
    if (errorCode(error) === "ENOENT") return null;
    throw error;
  }
}

async function checksum(bytes: Uint8Array): Promise<Buffer> {
  return Buffer.from(await webcrypto.subtle.digest("SHA-256", bytes));
}
