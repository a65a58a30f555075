import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, open, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { openFolderBlobs } from "../../server/storage/embedded/blobs.js";
import { openFolderCheckpoints } from "../../server/storage/embedded/checkpoints.js";
import { lockFolder } from "../../server/storage/embedded/lock.js";
import { openEmbeddedStorage } from "../../server/storage/embedded/open.js";
import { aFrame, anImage, aSession } from "../contracts/records.js";
import { storageContract } from "../contracts/storage.js";
import { newDataFolder } from "../helpers/data-folder.js";

const folders: string[] = [];
async function emptyFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "atelier-storage-"));
  folders.push(folder);
  return folder;
}
afterAll(() => Promise.all(folders.map((folder) => rm(folder, { recursive: true, force: true }))));

async function dataFolder(): Promise<string> {
  const folder = await newDataFolder();
  folders.push(folder);
  return folder;
}

storageContract("The embedded storage", async () => openEmbeddedStorage(await dataFolder(), { graceMs: 0 }));

describe("the data folder", () => {
  let folder: string;
  beforeAll(async () => {
    folder = await emptyFolder();
  });

  it("keeps rows, pictures and checkpoints from one opening to the next", async () => {
    const first = await openEmbeddedStorage(folder);
    const image = anImage();
    const session = aSession(image.id);
    await first.images.insert(image);
    await first.sessions.insert(session);
    const digest = await first.blobs.put(Uint8Array.of(1, 2, 3));
    await first.frames.insert(aFrame(session.id, 0, { digest }));
    await first.checkpoints.put(session.id, 0, Uint8Array.of(9));
    await first.close();

    const second = await openEmbeddedStorage(folder);
    expect(await second.sessions.find(session.id)).toEqual({ ...session, step: 0 });
    expect((await second.frames.latest(session.id))?.digest).toBe(digest);
    expect([...(await second.blobs.get(digest))]).toEqual([1, 2, 3]);
    expect((await second.checkpoints.get(session.id))?.step).toBe(0);
    await second.close();
  });

  it("has one opener at a time in one process", async () => {
    const storage = await openEmbeddedStorage(folder);
    const refusal = await openEmbeddedStorage(folder).catch((error: unknown) => error);
    expect(refusal).toMatchObject({ name: "AtelierError", code: "CONFLICT" });
    expect(String(refusal)).not.toContain(folder);
    await storage.close();
  });

  it("has one opener at a time among processes, and is free again once that is killed", async () => {
    const lock = new URL("../../server/storage/embedded/lock.ts", import.meta.url);
    const program = `
      const { lockFolder } = await import(${JSON.stringify(lock.href)});
      await lockFolder(${JSON.stringify(folder)});
      console.log("locked");
      setInterval(() => undefined, 1000);
    `;
    const holder = spawn(process.execPath, ["--import", "tsx", "--input-type=module", "--eval", program], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    await once(holder.stdout, "data");
    await expect(openEmbeddedStorage(folder)).rejects.toMatchObject({ code: "CONFLICT" });
    holder.kill("SIGKILL");
    await once(holder, "exit");
    const unlock = await lockFolder(folder);
    await unlock();
  });

  it("is refused where the system has no lock", async () => {
    await expect(lockFolder(folder, "sunos")).rejects.toMatchObject({ code: "UNAVAILABLE" });
  });
});

describe("pictures in a folder", () => {
  const unused = { isUsed: async () => false, graceMs: 0 };

  it("sweeps what a killed server left half written", async () => {
    const folder = await emptyFolder();
    await openFolderBlobs(folder, unused);
    await writeFile(join(folder, "drafts", "half"), "half");
    await openFolderBlobs(folder, unused);
    expect(await readdir(join(folder, "drafts"))).toEqual([]);
  });

  it("replaces a file that a loss of power tore", async () => {
    const folder = await emptyFolder();
    const blobs = await openFolderBlobs(folder, unused);
    const digest = await blobs.put(Buffer.from("a picture"));
    await writeFile(join(folder, digest.slice(0, 2), digest.slice(2, 4), digest), "a pic");
    await blobs.put(Buffer.from("a picture"));
    expect(Buffer.from(await blobs.get(digest)).toString()).toBe("a picture");
  });

  it.each(["ENOSPC", "EDQUOT"])("says so when the disk is full (%s), and leaves nothing behind", async (code) => {
    const folder = await emptyFolder();
    const blobs = await openFolderBlobs(folder, unused);
    const handle = await open(join(folder, "probe"), "w");
    const writev = vi.spyOn(Object.getPrototypeOf(handle) as typeof handle, "writev");
    await handle.close();
    writev.mockRejectedValueOnce(Object.assign(new Error(`${code}: no space left on device, ${folder}`), { code }));
    const refusal = await blobs.put(Buffer.from("a picture")).catch((error: unknown) => error);
    writev.mockRestore();
    expect(refusal).toMatchObject({ name: "AtelierError", code: "UNAVAILABLE", message: "The server's disk is full." });
    expect(await readdir(join(folder, "drafts"))).toEqual([]);
    expect(await blobs.put(Buffer.from("a picture"))).toHaveLength(64);
  });
});

describe("checkpoints in a folder", () => {
  it("take a torn file for none", async () => {
    const folder = await emptyFolder();
    const checkpoints = await openFolderCheckpoints(folder);
    await checkpoints.put("a", 7, Buffer.alloc(1000, 3));
    const path = join(folder, "a.checkpoint");
    const whole = await readFile(path);
    for (const torn of [whole.subarray(0, 500), Buffer.alloc(0), Buffer.concat([whole.subarray(0, 999), Buffer.alloc(37)])]) {
      await writeFile(path, torn);
      expect(await checkpoints.get("a")).toBeNull();
    }
    await writeFile(path, whole);
    expect((await checkpoints.get("a"))?.step).toBe(7);
  });
});
