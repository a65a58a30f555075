import { createHash } from "node:crypto";
import { mkdtemp, readdir, rm, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { createSpaceGuard } from "../../server/storage/common/space.js";
import { openFolderThumbnails } from "../../server/storage/common/thumbnails.js";

const space = createSpaceGuard(async () => Number.POSITIVE_INFINITY);
const digestOf = (name: string) => createHash("sha256").update(name).digest("hex");
const [a, b, c] = ["a", "b", "c"].map(digestOf) as [string, string, string];
const bytes = new Uint8Array(100);

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "atelier-thumbnails-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const open = (maxByteLength = 250) => openFolderThumbnails(folder, { isUsed: async () => true, space, maxByteLength });

test("the least recently used thumbnails are deleted when all together take too much space", async () => {
  const thumbnails = await open();
  await thumbnails.put(a, 128, bytes);
  await thumbnails.put(b, 128, bytes);
  await thumbnails.get(a, 128);
  await thumbnails.put(c, 128, bytes);
  expect(await thumbnails.get(b, 128)).toBeNull();
  expect(await thumbnails.get(a, 128)).toHaveLength(100);
  expect((await readdir(folder)).filter((name) => name.endsWith(".webp"))).toHaveLength(2);
});

test("they survive a restart, within the space that the server then has", async () => {
  const first = await open();
  await first.put(a, 128, bytes);
  await first.put(a, 256, bytes);
  expect(await (await open()).get(a, 256)).toHaveLength(100);
  const smaller = await open(150);
  expect([await smaller.get(a, 128), await smaller.get(a, 256)].filter((kept) => kept !== null)).toHaveLength(1);
});

test("a thumbnail that was cut off or deleted by hand is made again", async () => {
  const thumbnails = await open();
  for (const spoil of [(path: string) => truncate(path, 50), (path: string) => rm(path)]) {
    await thumbnails.put(a, 128, bytes);
    await spoil(join(folder, `${a}-128-100.webp`));
    expect(await thumbnails.get(a, 128)).toBeNull();
    await thumbnails.put(a, 128, bytes);
    expect(await thumbnails.get(a, 128)).toHaveLength(100);
  }
});

test("all thumbnails of a picture are deleted with it, and those of other pictures stay", async () => {
  const thumbnails = await open(1000);
  for (const digest of [a, b]) await thumbnails.put(digest, 128, bytes);
  await thumbnails.put(a, 2048, bytes);
  await thumbnails.remove(a);
  expect((await readdir(folder)).filter((name) => name.endsWith(".webp"))).toEqual([`${b}-128-100.webp`]);
});

test("files with other names are deleted", async () => {
  await (await open()).put(a, 128, bytes);
  await rm(join(folder, "drafts"), { recursive: true });
  await writeFile(join(folder, `${a}-77-100.webp`), bytes);
  await open();
  expect((await readdir(folder)).sort()).toEqual([`${a}-128-100.webp`, "drafts"].sort());
});
