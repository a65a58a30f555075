import { readdir, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { openEmbeddedStorage } from "../../server/storage/embedded/open.js";
import { aFrame, anImage, aSession } from "../contracts/records.js";
import { newDataFolder } from "../helpers/data-folder.js";

/** Every file and folder with its size and time. */
async function contents(folder: string): Promise<string[]> {
  const names = (await readdir(folder, { recursive: true })).sort();
  return Promise.all(names.map(async (name) => stat(join(folder, name)).then(({ size, mtimeMs }) => `${name} ${size} ${mtimeMs}`)));
}

async function prepared() {
  const folder = await newDataFolder();
  onTestFinished(() => rm(folder, { recursive: true }));
  const storage = await openEmbeddedStorage(folder, { graceMs: 0 });
  const digest = await storage.blobs.put(Uint8Array.of(1));
  const image = await storage.images.insert(anImage({ digest }));
  const session = aSession(image.id, { status: "RUNNING" });
  await storage.sessions.insert(session);
  return { folder, storage, digest, session };
}

test("what is being stored at the close is stored completely, and nothing changes after it", async () => {
  const { folder, storage, digest, session } = await prepared();
  const large = (fill: number) => new Uint8Array(5e6).fill(fill);
  const calls = [
    storage.checkpoints.put(session.id, 1, large(1)),
    storage.checkpoints.put(session.id, 2, large(2)),
    storage.checkpoints.share(session.id, "another", 1),
    storage.blobs.put(large(3)),
    storage.blobs.delete("0".repeat(64)),
    storage.thumbnails.put(digest, 256, large(4)),
    storage.frames.insert(aFrame(session.id, 0)),
    storage.space.obstacle(),
  ];
  await storage.close();
  const closed = await contents(folder);
  expect(await Promise.allSettled(calls)).toEqual(calls.map(() => expect.objectContaining({ status: "fulfilled" })));
  expect(await contents(folder)).toEqual(closed);
  expect(closed.filter((name) => /[12]\.checkpoint 5000032 /.test(name))).toHaveLength(2);
});

test("a closed storage refuses every call, and nothing changes", async () => {
  const { folder, storage, digest, session } = await prepared();
  await storage.close();
  const closed = await contents(folder);
  const { images, sessions, changes, frames, blobs, thumbnails, checkpoints, space } = storage;
  for (const call of [
    () => images.insert(anImage()),
    () => sessions.update(session.id, { status: "COMPLETED" }),
    () => changes.settle(session.id, 1),
    () => frames.insert(aFrame(session.id, 1)),
    () => blobs.put(Uint8Array.of(2)),
    () => blobs.delete(digest),
    () => thumbnails.put(digest, 256, Uint8Array.of(3)),
    () => checkpoints.put(session.id, 1, Uint8Array.of(4)),
    () => space.storing(1, async () => undefined),
  ]) {
    await expect(call()).rejects.toMatchObject({ code: "UNAVAILABLE", message: "The server is closing." });
  }
  expect(await contents(folder)).toEqual(closed);
});
