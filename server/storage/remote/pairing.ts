import { randomUUID } from "node:crypto";
import { desc } from "drizzle-orm";
import { AtelierError } from "../../errors.js";
import type { Database } from "../sql/database.js";
import { frames, images, installation } from "../sql/schema.js";
import { pictureKey } from "./blobs.js";
import type { ObjectStore } from "./objects.js";

/** Key of the object that holds the id which a store shares with its database. */
const ID_KEY = "atelier-id";

/** How many pictures of each kind are looked for in a store without an id: some may be missing after a restore. */
const SAMPLE = 4;

/**
 * Checks that a database and a store belong to one installation, by an id in both. The first start writes it; those of earlier
 * versions, and a backup from before, are adopted when the store has pictures of the database. Call this under a lock that all servers take.
 * @throws AtelierError CONFLICT when they do not belong together; StorageUnavailable when the store cannot be reached.
 */
export async function pairStore(database: Database, objects: ObjectStore): Promise<void> {
  const [row] = await database.select({ id: installation.id }).from(installation);
  const found = (await objects.get(ID_KEY))?.toString("utf8").trim() || null;
  if (row && row.id === found) return;
  if (row && found !== null) throw mismatch("They belong to different installations.");
  const sample = await somePictures(database);
  if (sample.length > 0 && !(await hasAny(objects, sample))) {
    throw mismatch("The database lists pictures, but the store has none of them. If a disk is not mounted, mount it.");
  }
  if (sample.length === 0 && found !== null) {
    throw mismatch("The store belongs to another installation; this database has no pictures.");
  }
  const id = row?.id ?? found ?? randomUUID();
  // The row comes first: a start that is killed in between leaves a database without pictures, or one whose store has them.
  if (!row) await database.insert(installation).values({ id });
  if (found === null) await objects.put(ID_KEY, Buffer.from(`${id}\n`));
}

/** Digests of the newest uploads and of some frames. */
async function somePictures(database: Database): Promise<string[]> {
  const uploads = await database.select({ digest: images.digest }).from(images).orderBy(desc(images.createdAt)).limit(SAMPLE);
  const painted = await database.select({ digest: frames.digest }).from(frames).limit(SAMPLE);
  return [...uploads, ...painted].map(({ digest }) => digest);
}

async function hasAny(objects: ObjectStore, digests: readonly string[]): Promise<boolean> {
  for (const digest of digests) if ((await objects.get(pictureKey(digest))) !== null) return true;
  return false;
}

function mismatch(why: string): AtelierError {
  return new AtelierError(
    "CONFLICT",
    `DATABASE_URL and ATELIER_BLOBS do not belong together, so the server does not start. ${why} Name the database and the ` +
      "store of one installation, or for a new one an empty database and an empty folder or prefix (docs/operate.md).",
  );
}
