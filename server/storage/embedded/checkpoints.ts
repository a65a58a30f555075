import { copyFile, link, mkdir, readdir, readFile, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { AtelierError } from "../../errors.js";
import { checkpointParts, contentOf, SESSION_BYTES, SESSION_ID } from "../common/checkpoint-bytes.js";
import { storageError, sweepFolder, unlessMissing, writeWhole } from "../common/files.js";
import type { SpaceGuard } from "../common/space.js";
import { evenlyThinned } from "../common/thinned-checkpoints.js";
import type { CheckpointStore } from "../storage.js";

const FILE_NAME = /^(\d{1,9})\.checkpoint$/;
const DRAFTS = "drafts";

/** The checkpoints of one session. */
interface SessionSize {
  byteLength: number;
  /** When the last one was added, ms since 1970. */
  checkpointedAt: number;
}

interface CheckpointFile {
  step: number;
  path: string;
  byteLength: number;
}

/**
 * Opens a folder of checkpoints: a folder for each session, in it a file for each checkpoint, named after its step. A
 * file holds the SHA-256 of the checkpoint (32 bytes) and then the checkpoint. Files are not flushed to disk, so a loss
 * of power may leave them incomplete; one whose checksum is wrong is ignored.
 */
export async function openFolderCheckpoints(
  folder: string,
  space: SpaceGuard,
  sessionByteLength = SESSION_BYTES,
): Promise<CheckpointStore> {
  const drafts = join(folder, DRAFTS);
  await sweepFolder(drafts);
  await sweepLooseFiles(folder);
  /** Sizes by session; null until all folders are read, which happens once: there may be thousands of files. */
  let sizes: Promise<Map<string, SessionSize>> | null = null;

  function folderOf(sessionId: string): string {
    if (!SESSION_ID.test(sessionId) || sessionId === DRAFTS) throw new AtelierError("NOT_FOUND", "There is no such session.");
    return join(folder, sessionId);
  }

  const pathOf = (sessionId: string, step: number) => join(folderOf(sessionId), `${step}.checkpoint`);

  /** Newest first. */
  async function filesOf(sessionId: string): Promise<CheckpointFile[]> {
    const files: CheckpointFile[] = [];
    for (const name of await entries(folderOf(sessionId))) {
      const step = FILE_NAME.exec(name)?.[1];
      if (step === undefined) continue;
      const path = join(folderOf(sessionId), name);
      const found = await statIfThere(path);
      if (found) files.push({ step: Number(step), path, byteLength: found.size });
    }
    return files.sort((a, b) => b.step - a.step);
  }

  async function readSizes(): Promise<Map<string, SessionSize>> {
    const read = new Map<string, SessionSize>();
    for (const sessionId of await entries(folder)) {
      if (!SESSION_ID.test(sessionId) || sessionId === DRAFTS) continue;
      const found = await statIfThere(folderOf(sessionId));
      if (found) read.set(sessionId, { byteLength: sumOf(await filesOf(sessionId)), checkpointedAt: found.mtimeMs });
    }
    return read;
  }

  /** The newest undamaged checkpoint of a step up to `throughStep`. */
  async function newest(sessionId: string, throughStep: number): Promise<(CheckpointFile & { content: Buffer }) | null> {
    for (const file of await filesOf(sessionId)) {
      if (file.step > throughStep) continue;
      const content = await readChecked(file.path);
      if (content) return { ...file, content };
    }
    return null;
  }

  return {
    async put(sessionId, step, bytes) {
      const parts = await checkpointParts(bytes);
      await space.storing(bytes.byteLength, () => writeWhole(pathOf(sessionId, step), drafts, parts, { durable: false }));
      const files = await filesOf(sessionId);
      const thinned = evenlyThinned(files, sessionByteLength);
      for (const { path } of thinned) await rm(path, { force: true });
      (await sizes)?.set(sessionId, { byteLength: sumOf(files) - sumOf(thinned), checkpointedAt: Date.now() });
    },

    async get(sessionId, throughStep) {
      const found = await newest(sessionId, throughStep);
      return found && { step: found.step, bytes: found.content };
    },

    async share(fromSessionId, toSessionId, throughStep) {
      const found = await newest(fromSessionId, throughStep);
      if (!found) return;
      try {
        await mkdir(folderOf(toSessionId), { recursive: true });
        // Null when it was thinned or trimmed after it was found.
        const isShared = await unlessMissing(linkOrCopy(found.path, pathOf(toSessionId, found.step)).then(() => true));
        if (!isShared) return;
      } catch (error) {
        throw storageError(error);
      }
      (await sizes)?.set(toSessionId, { byteLength: found.byteLength, checkpointedAt: Date.now() });
    },

    async delete(sessionId) {
      await rm(folderOf(sessionId), { recursive: true, force: true });
      (await sizes)?.delete(sessionId);
    },

    async trim(byteLength) {
      sizes ??= readSizes().catch((error: unknown) => {
        sizes = null;
        throw error;
      });
      const sessions = await sizes;
      let total = sumOf([...sessions.values()]);
      for (const [sessionId, size] of [...sessions].sort(([, a], [, b]) => a.checkpointedAt - b.checkpointedAt)) {
        if (total <= byteLength) return;
        await rm(folderOf(sessionId), { recursive: true, force: true });
        sessions.delete(sessionId);
        total -= size.byteLength;
      }
    },
  };
}

function sumOf(sized: readonly { byteLength: number }[]): number {
  return sized.reduce((sum, { byteLength }) => sum + byteLength, 0);
}

/** Earlier versions kept the newest checkpoint of a session in a file beside the folders. */
async function sweepLooseFiles(folder: string): Promise<void> {
  for (const entry of await readdir(folder, { withFileTypes: true })) if (entry.isFile()) await rm(join(folder, entry.name));
}

/** The checkpoint in a file; null when the file is missing or damaged. */
async function readChecked(path: string): Promise<Buffer | null> {
  const file = await unlessMissing(readFile(path));
  return file && contentOf(file);
}

async function entries(folder: string): Promise<string[]> {
  return (await unlessMissing(readdir(folder))) ?? [];
}

function statIfThere(path: string): Promise<{ size: number; mtimeMs: number } | null> {
  return unlessMissing(stat(path));
}

/** Some file systems have no hard links. */
async function linkOrCopy(from: string, to: string): Promise<void> {
  try {
    await link(from, to);
  } catch {
    await copyFile(from, to);
  }
}
