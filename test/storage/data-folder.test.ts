import { cp, mkdir, readdir, rename, rm, stat, truncate, utimes } from "node:fs/promises";
import { join } from "node:path";
import { beforeEach, expect, onTestFinished, test } from "vitest";
import { DataFolderError } from "../../server/storage/embedded/data-folder.js";
import { openEmbeddedStorage } from "../../server/storage/embedded/open.js";
import { anImage } from "../contracts/records.js";
import { newDataFolder } from "../helpers/data-folder.js";
import { pictureCount } from "../helpers/temporary-storage.js";
import { until } from "../helpers/until.js";

let folder: string;
beforeEach(async () => {
  folder = await newDataFolder();
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
});

/** Stores a picture with a row; returns its digest. */
async function storePicture(text: string): Promise<string> {
  const storage = await openEmbeddedStorage(folder);
  const digest = await storage.blobs.put(Buffer.from(text));
  await storage.images.insert(anImage({ digest }));
  await storage.close();
  return digest;
}

/** The message of the refusal to open the data folder. */
async function refusal(): Promise<string> {
  const error = await openEmbeddedStorage(folder).then(
    (storage) => storage.close(),
    (cause: unknown) => cause,
  );
  expect(error).toBeInstanceOf(DataFolderError);
  return String((error as Error).message);
}

async function withoutIds(): Promise<void> {
  for (const name of ["database", "blobs"]) await rm(join(folder, name, "atelier-id"), { force: true });
}

test.each(["empty", "missing"])("pictures beside a database folder that is %s are refused and stay", async (state) => {
  await storePicture("a picture");
  await rm(join(folder, "database"), { recursive: true });
  if (state === "empty") await mkdir(join(folder, "database"));
  expect(await refusal()).toMatch(/holds pictures .* is empty.*npm run restore/);
  expect(await pictureCount(folder)).toBe(1);
});

test("a database whose PG_VERSION is missing is refused, and no new one is created", async () => {
  await rm(join(folder, "database", "PG_VERSION"));
  expect(await refusal()).toContain(join(folder, "database"));
});

test.each(["with its id", "of an earlier version"])("pictures beside another database (%s) are refused and stay", async (kind) => {
  await storePicture("a picture");
  const other = await newDataFolder();
  await rm(join(folder, "database"), { recursive: true });
  await rename(join(other, "database"), join(folder, "database"));
  await rm(other, { recursive: true });
  if (kind === "of an earlier version") await withoutIds();
  else await cp(join(import.meta.dirname, "data-folder.test.ts"), join(folder, "database", "atelier-id"));
  expect(await refusal()).toMatch("does not belong to the pictures");
  expect(await pictureCount(folder)).toBe(1);
});

test("a database whose pictures are missing is refused", async () => {
  await storePicture("a picture");
  await rm(join(folder, "blobs"), { recursive: true });
  expect(await refusal()).toMatch(/lists pictures, but .* is empty/);
});

test("a data folder of an earlier version is adopted when its database lists its pictures", async () => {
  const digest = await storePicture("a picture");
  await withoutIds();
  const storage = await openEmbeddedStorage(folder);
  expect(Buffer.from(await storage.blobs.get(digest)).toString()).toBe("a picture");
  await storage.close();
  expect(await readdir(join(folder, "blobs"))).toContain("atelier-id");
});

test("a swept picture stays in the trash for a day, and returns when a row refers to it", async () => {
  const first = await openEmbeddedStorage(folder);
  const [swept, wanted] = [await first.blobs.put(Buffer.from("swept")), await first.blobs.put(Buffer.from("wanted"))];
  await first.close();
  const trash = join(folder, "blobs", "trash");
  const second = await openEmbeddedStorage(folder);
  await until(async () => (await readdir(trash)).length === 2);
  await second.images.insert(anImage({ digest: wanted }));
  await second.close();
  expect(Date.now() - (await stat(join(trash, swept))).mtimeMs).toBeLessThan(600_000);

  const third = await openEmbeddedStorage(folder);
  expect(await readdir(trash)).toEqual([swept]);
  expect(Buffer.from(await third.blobs.get(wanted)).toString()).toBe("wanted");
  await third.close();
  const dayAgo = new Date(Date.now() - 24 * 3600 * 1000);
  await utimes(join(trash, swept), dayAgo, dayAgo);
  await (await openEmbeddedStorage(folder)).close();
  expect(await readdir(trash)).toEqual([]);
});

test.each(["global/pg_control", "base"])("the error for damaged files (%s) names the folder and the way to restore it", async (damaged) => {
  const path = join(folder, "database", damaged);
  const files = damaged === "base" ? await readdir(path, { recursive: true }) : [""];
  for (const name of files) if ((await stat(join(path, name))).isFile()) await truncate(join(path, name), 0);
  const message = await refusal();
  expect(message).toContain(join(folder, "database"));
  expect(message).toMatch(/damaged .*npm run restore/);
});
