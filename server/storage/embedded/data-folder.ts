import { randomUUID } from "node:crypto";
import { access, constants, mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { systemCode } from "../../errors.js";
import { DIGEST, TOP_FOLDER, unlessMissing } from "../common/files.js";

/** Name of the file, in `database/` and in `blobs/`, that holds the id which a database shares with its pictures. */
const ID_FILE = "atelier-id";

/** A data folder that the server refuses to open. The message is for the operator: it names paths and says what to do. */
export class DataFolderError extends Error {}

/** How to put a backup in place, for messages. */
export const RESTORE = "Restore a backup into an empty data folder with: npm run restore -- FOLDER (docs/operate.md).";

/** The folders that hold the database and its pictures. */
export interface DataFolders {
  database: string;
  blobs: string;
}

/** What the check of the pairing asks of the database. */
export interface PairedRows {
  /** The digests among `digests` that a row refers to. */
  inUse: (digests: readonly string[]) => Promise<ReadonlySet<string>>;
  /** Whether any row refers to a picture. */
  anyInUse: () => Promise<boolean>;
}

/**
 * Call this before the database is opened: PostgreSQL creates a new one in a folder without its PG_VERSION.
 * @throws DataFolderError when the database is missing or unwritable although there are pictures or other files.
 */
export async function requireDatabase({ database, blobs }: DataFolders): Promise<void> {
  for (const folder of [database, blobs]) await requireWritable(folder);
  const names = (await readdir(database)).filter((name) => name !== ID_FILE);
  if (names.includes("PG_VERSION")) return;
  if (names.length > 0) {
    throw new DataFolderError(`The database in ${database} is incomplete: its file PG_VERSION is missing. ${RESTORE}`);
  }
  for await (const digests of storedDigests(blobs)) {
    throw new DataFolderError(
      `${blobs} holds pictures (${digests.length} or more), but ${database} is empty. The server does not start, because ` +
        `without their database these pictures would be deleted. If a disk is not mounted, mount it. ${RESTORE} ` +
        "To begin anew, move the data folder away.",
    );
  }
}

/**
 * Checks that a database and a folder of pictures belong together, by an id in both. The first opening writes it; data
 * folders of earlier versions are adopted when the database refers to one of the pictures.
 * @throws DataFolderError when they do not belong together: the pictures would be deleted as unused.
 */
export async function pair({ database, blobs }: DataFolders, rows: PairedRows): Promise<void> {
  const [ours, theirs] = [await readId(database), await readId(blobs)];
  if (ours !== null && ours === theirs) return;
  const { found, used } = await compare(blobs, rows);
  const differ = ours !== null && theirs !== null;
  if (found && (differ || !used)) {
    throw new DataFolderError(
      `The database in ${database} does not belong to the pictures in ${blobs}. The server does not start, because it ` +
        `would delete these pictures. Use the two folders of the same data folder or backup. ${RESTORE}`,
    );
  }
  // A database with an id had its pictures once. One without may be of an earlier version.
  if (!found && ours !== null && (await rows.anyInUse())) {
    throw new DataFolderError(
      `The database in ${database} lists pictures, but ${blobs} is empty. If a disk is not mounted, mount it. ${RESTORE}`,
    );
  }
  const id = ours ?? randomUUID();
  for (const folder of [database, blobs]) await writeFile(join(folder, ID_FILE), `${id}\n`);
}

/** The digests of the pictures, one top folder after the other. Empty folders are left out. */
export async function* storedDigests(blobs: string): AsyncGenerator<string[]> {
  for (const name of await readdir(blobs)) {
    if (!TOP_FOLDER.test(name)) continue;
    const paths = await readdir(join(blobs, name), { recursive: true });
    const digests = paths.map((path) => path.slice(-64)).filter((digest) => DIGEST.test(digest));
    if (digests.length > 0) yield digests;
  }
}

/** Whether there are pictures, and whether a row refers to one of them. */
async function compare(blobs: string, { inUse }: PairedRows): Promise<{ found: boolean; used: boolean }> {
  let found = false;
  for await (const digests of storedDigests(blobs)) {
    found = true;
    if ((await inUse(digests)).size > 0) return { found, used: true };
  }
  return { found, used: false };
}

async function requireWritable(folder: string): Promise<void> {
  try {
    await mkdir(folder, { recursive: true });
    await access(folder, constants.R_OK | constants.W_OK);
  } catch (error) {
    throw new DataFolderError(`The server cannot write to ${folder} (${systemCode(error)}). Correct its owner or permissions.`, {
      cause: error,
    });
  }
}

async function readId(folder: string): Promise<string | null> {
  const text = await unlessMissing(readFile(join(folder, ID_FILE), "utf8"));
  return text?.trim() || null;
}
