import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, open, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PGlite } from "@electric-sql/pglite";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { StorageUnavailable } from "../../server/errors.js";
import { createSpaceGuard, RESERVE_BYTES } from "../../server/storage/common/space.js";
import { openFolderBlobs } from "../../server/storage/embedded/blobs.js";
import { openFolderCheckpoints } from "../../server/storage/embedded/checkpoints.js";
import { lockFolder } from "../../server/storage/embedded/lock.js";
import { openEmbeddedStorage } from "../../server/storage/embedded/open.js";
import { accessContract } from "../contracts/access.js";
import { claimsContract } from "../contracts/claims.js";
import { expiringContract } from "../contracts/expiring.js";
import { filmsContract } from "../contracts/films.js";
import { lastingSessionsContract } from "../contracts/lasting-sessions.js";
import { linkUsageContract } from "../contracts/link-usage.js";
import { aFilm, aFrame, anImage, aSession, storeSession } from "../contracts/records.js";
import { storageContract } from "../contracts/storage.js";
import { storedBytesContract } from "../contracts/stored-bytes.js";
import { newDataFolder } from "../helpers/data-folder.js";
import { eventually } from "../helpers/eventually.js";

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

storageContract("The embedded storage", async () => openEmbeddedStorage(await dataFolder(), { graceMs: 0, reserveFileByteLength: 0 }));
storedBytesContract("The embedded storage", async () => openEmbeddedStorage(await dataFolder(), { graceMs: 0, reserveFileByteLength: 0 }));
accessContract("The embedded storage", async () => openEmbeddedStorage(await dataFolder(), { graceMs: 0, reserveFileByteLength: 0 }));
linkUsageContract("The embedded storage", async () => openEmbeddedStorage(await dataFolder(), { graceMs: 0, reserveFileByteLength: 0 }));
claimsContract("The embedded storage", async () => openEmbeddedStorage(await dataFolder(), { graceMs: 0, reserveFileByteLength: 0 }));
expiringContract("The embedded storage", async () => openEmbeddedStorage(await dataFolder(), { graceMs: 0, reserveFileByteLength: 0 }));
filmsContract("The embedded storage", async () => openEmbeddedStorage(await dataFolder(), { graceMs: 0, reserveFileByteLength: 0 }));

lastingSessionsContract("The embedded storage", async () =>
  openEmbeddedStorage(await dataFolder(), { graceMs: 0, reserveFileByteLength: 0 }),
);

it("keeps finished films, and forgets files and films that have lost each other", async () => {
  const folder = await dataFolder();
  const options = { graceMs: 0, reserveFileByteLength: 0 };
  const first = await openEmbeddedStorage(folder, options);
  const session = await storeSession(first);
  const films = [aFilm({ sessionId: session.id }), aFilm({ sessionId: session.id })];
  for (const film of films) {
    await first.films.insert(film, { makerId: "a server", leaseMs: 60_000 });
    const path = join(folder, "exports", "draft");
    await writeFile(path, Uint8Array.of(1, 2, 3));
    await first.films.complete(film, path);
  }
  await first.close();
  await rm(join(folder, "exports", `${films[1]!.id}.webp`));
  await writeFile(join(folder, "exports", "stray.webp"), Uint8Array.of(1));
  const second = await openEmbeddedStorage(folder, options);
  expect(await second.films.find(films[0]!.id)).toMatchObject({ state: "COMPLETED", bytes: 3 });
  expect(await second.films.find(films[1]!.id)).toBeNull();
  expect(await readdir(join(folder, "exports"))).toEqual([`${films[0]!.id}.webp`]);
  await second.close();
});

describe("the data folder", () => {
  let folder: string;
  beforeAll(async () => {
    folder = await emptyFolder();
  });

  it("keeps rows, pictures and checkpoints when it is closed and opened again", async () => {
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
    expect((await second.checkpoints.get(session.id, 0))?.step).toBe(0);
    await second.close();
  });

  it("can be opened once at a time in one process", async () => {
    const storage = await openEmbeddedStorage(folder);
    const refusal = await openEmbeddedStorage(folder).catch((error: unknown) => error);
    expect(refusal).toMatchObject({ name: "AtelierError", code: "CONFLICT" });
    expect(String(refusal)).not.toContain(folder);
    await storage.close();
  });

  it("can be opened by one process at a time, and again once that is killed", async () => {
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

  it("deletes pictures that a killed server left without a row, and no others", async () => {
    const first = await openEmbeddedStorage(folder);
    const kept = await first.blobs.put(Buffer.from("has a row"));
    await first.images.insert(anImage({ digest: kept }));
    const orphan = await first.blobs.put(Buffer.from("has none"));
    await first.close();

    const second = await openEmbeddedStorage(folder);
    await eventually(() => expect(second.blobs.get(orphan)).rejects.toMatchObject({ code: "NOT_FOUND" }));
    expect(Buffer.from(await second.blobs.get(kept)).toString()).toBe("has a row");
    await second.close();
  });

  it("can store that sessions are paused when another program has filled the disk to the last byte", async () => {
    let free = 1e9;
    const reserve = join(folder, "reserve");
    const reserved = async () => (await stat(reserve).catch(() => null))?.size ?? 0;
    const byteLength = 48 * 2 ** 20;
    const storage = await openEmbeddedStorage(folder, { availableSpace: async () => Math.max(0, free - (await reserved())) });
    const image = anImage();
    const session = aSession(image.id);
    await storage.images.insert(image);
    await storage.sessions.insert(session);
    await eventually(async () => expect(await reserved()).toBe(byteLength));

    free = byteLength;
    expect(await storage.space.free("own")).toBe(0);
    await expect(storage.frames.insert(aFrame(session.id, 0))).rejects.toMatchObject({ code: "UNAVAILABLE" });
    expect(await storage.sessions.update(session.id, { status: "PAUSED" })).toMatchObject({ status: "PAUSED" });
    expect(await reserved()).toBe(0);

    free = 3 * byteLength;
    expect(await storage.space.obstacle()).toBeNull();
    expect(await reserved()).toBe(0);
    free = 1e9;
    expect(await storage.space.obstacle()).toBeNull();
    await eventually(async () => expect(await reserved()).toBe(byteLength));
    await storage.close();
  });

  it("stores nothing new when its disk is almost full, except changes, which use the reserve", async () => {
    let available = Number.POSITIVE_INFINITY;
    const full = { name: "AtelierError", code: "UNAVAILABLE" };
    const storage = await openEmbeddedStorage(folder, { availableSpace: async () => available, reserveFileByteLength: 0 });
    const image = anImage();
    const session = aSession(image.id);
    await storage.images.insert(image);
    await storage.sessions.insert(session);
    const inserts = [
      () => storage.blobs.put(Uint8Array.of(1)),
      () => storage.checkpoints.put(session.id, 0, Uint8Array.of(1)),
      () => storage.images.insert(anImage()),
      () => storage.sessions.insert(aSession(image.id)),
      () => storage.frames.insert(aFrame(session.id, 0)),
    ];
    available = RESERVE_BYTES - 1;
    for (const insert of inserts) await expect(insert()).rejects.toMatchObject(full);
    expect(await storage.sessions.update(session.id, { title: "Ended" })).toMatchObject({ title: "Ended" });
    available = 0;
    await expect(storage.sessions.update(session.id, { title: "Lost" })).rejects.toMatchObject(full);
    await expect(storage.sessions.delete(session.id)).rejects.toMatchObject(full);
    expect(await storage.sessions.find(session.id)).toMatchObject({ title: "Ended" });
    available = Number.POSITIVE_INFINITY;
    for (const insert of inserts) await insert();
    await storage.close();
    await expect(openEmbeddedStorage(folder, { availableSpace: async () => 0 })).rejects.toMatchObject(full);
    await (await openEmbeddedStorage(folder)).close();
  });

  it("reports why it cannot store, such as a read-only folder", async () => {
    let available = Number.POSITIVE_INFINITY;
    const data = await dataFolder();
    const storage = await openEmbeddedStorage(data, { availableSpace: async () => available });
    expect([await storage.space.obstacle(), await storage.space.free("own")]).toEqual([null, null]);
    available = 10 * 2 ** 20;
    expect([await storage.space.free("own"), await storage.space.free("store")]).toEqual([available, null]);
    expect(await storage.space.obstacle()).toMatch("10 MiB are free, and 64 MiB must stay free");
    available = Number.POSITIVE_INFINITY;
    const drafts = join(data, "blobs", "drafts");
    await rm(drafts, { recursive: true });
    expect(await storage.space.obstacle()).toMatch("cannot write to its data folder (ENOENT)");
    await expect(storage.blobs.put(Uint8Array.of(7))).rejects.toBeInstanceOf(StorageUnavailable);
    await mkdir(drafts);
    expect(await storage.space.obstacle()).toBeNull();
    await storage.close();
  });

  it("is closed and unlocked when a part of it cannot be opened", async () => {
    const broken = await dataFolder();
    await rm(join(broken, "checkpoints"), { recursive: true });
    await writeFile(join(broken, "checkpoints"), "in the way");
    const close = vi.spyOn(PGlite.prototype, "close");
    await expect(openEmbeddedStorage(broken)).rejects.toThrow();
    expect(close).toHaveBeenCalledTimes(1);
    close.mockRestore();
    const unlock = await lockFolder(broken);
    await unlock();
  });

  it("is closed and unlocked when a picture cannot be deleted at the end", async () => {
    const stubborn = await dataFolder();
    const storage = await openEmbeddedStorage(stubborn);
    const digest = await storage.blobs.put(Uint8Array.of(1, 2, 3));
    await storage.blobs.delete(digest);
    const path = join(stubborn, "blobs", digest.slice(0, 2), digest.slice(2, 4), digest);
    await rm(path);
    await mkdir(path);
    const close = vi.spyOn(PGlite.prototype, "close");
    await expect(storage.close()).rejects.toThrow();
    expect(close).toHaveBeenCalledTimes(1);
    close.mockRestore();
    const unlock = await lockFolder(stubborn);
    await unlock();
  });

  it("is refused where the system has no lock", async () => {
    await expect(lockFolder(folder, "sunos")).rejects.toMatchObject({ code: "UNAVAILABLE" });
  });
});

const space = createSpaceGuard(async () => Number.POSITIVE_INFINITY);

describe("pictures in a folder", () => {
  const unused = { inUse: async () => new Set<string>(), graceMs: 0, space, removed: async () => undefined };

  it("are deleted when a killed server left them half written", async () => {
    const folder = await emptyFolder();
    await openFolderBlobs(folder, unused);
    await writeFile(join(folder, "drafts", "half"), "half");
    await openFolderBlobs(folder, unused);
    expect(await readdir(join(folder, "drafts"))).toEqual([]);
  });

  it("are replaced when a loss of power damaged them", async () => {
    const folder = await emptyFolder();
    const blobs = await openFolderBlobs(folder, unused);
    const digest = await blobs.put(Buffer.from("a picture"));
    await writeFile(join(folder, digest.slice(0, 2), digest.slice(2, 4), digest), "a pic");
    await blobs.put(Buffer.from("a picture"));
    expect(Buffer.from(await blobs.get(digest)).toString()).toBe("a picture");
  });

  it.each(["ENOSPC", "EDQUOT"])("report a full disk (%s), and leave nothing behind", async (code) => {
    const folder = await emptyFolder();
    const blobs = await openFolderBlobs(folder, unused);
    const handle = await open(join(folder, "probe"), "w");
    const write = vi.spyOn(Object.getPrototypeOf(handle) as typeof handle, "writeFile");
    await handle.close();
    write.mockRejectedValueOnce(Object.assign(new Error(`${code}: no space left on device, ${folder}`), { code }));
    const refusal = await blobs.put(Buffer.from("a picture")).catch((error: unknown) => error);
    write.mockRestore();
    expect(refusal).toMatchObject({ name: "AtelierError", code: "UNAVAILABLE", message: "The server's disk is full." });
    expect(await readdir(join(folder, "drafts"))).toEqual([]);
    expect(await blobs.put(Buffer.from("a picture"))).toHaveLength(64);
  });

  it("are never cut off on a full disk", async (context) => {
    // The limit stands for a full disk, and is that of a POSIX shell.
    context.skip(process.platform === "win32", "Windows has no limit on the size of files.");
    const folder = await emptyFolder();
    const files = new URL("../../server/storage/common/files.ts", import.meta.url);
    const program = `
      const { writeWhole } = await import(${JSON.stringify(files.href)});
      const folder = ${JSON.stringify(folder)};
      await writeWhole(folder + "/picture", folder, [Buffer.alloc(3_000_000)], { durable: true }).then(
        () => console.log("kept"),
        (error) => console.log(error.code),
      );
    `;
    // The system writes up to the limit, without an error, and refuses what is written after that.
    const limited = `ulimit -f 2000 && exec "$0" "$@"`;
    const child = spawn("sh", ["-c", limited, process.execPath, "--import", "tsx", "--input-type=module", "--eval", program], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    const [answer] = await once(child.stdout, "data");
    expect(String(answer).trim()).toBe("EFBIG");
    expect(await readdir(folder)).toEqual([]);
  });

  it("stay without a row when they are stored again during the search", async () => {
    const folder = await emptyFolder();
    const first = await openFolderBlobs(folder, unused);
    const digest = await first.put(Buffer.from("a picture"));
    await first.close();

    let answer: () => void = () => undefined;
    const asked = vi.fn(
      () =>
        new Promise<Set<string>>((resolve) => {
          answer = () => resolve(new Set());
        }),
    );
    const blobs = await openFolderBlobs(folder, { ...unused, inUse: asked });
    await eventually(() => expect(asked).toHaveBeenCalledWith([digest]));
    await blobs.put(Buffer.from("a picture"));
    answer();
    await blobs.close();
    expect(Buffer.from(await blobs.get(digest)).toString()).toBe("a picture");
  });
});

describe("checkpoints in a folder", () => {
  it("ignore a damaged file", async () => {
    const folder = await emptyFolder();
    const checkpoints = await openFolderCheckpoints(folder, space);
    await checkpoints.put("a", 7, Buffer.alloc(1000, 3));
    const path = join(folder, "a", "7.checkpoint");
    const whole = await readFile(path);
    for (const torn of [whole.subarray(0, 500), Buffer.alloc(0), Buffer.concat([whole.subarray(0, 999), Buffer.alloc(37)])]) {
      await writeFile(path, torn);
      expect(await checkpoints.get("a", 7)).toBeNull();
    }
    await writeFile(path, whole);
    expect((await checkpoints.get("a", 7))?.step).toBe(7);
  });

  it("fall back to the one before if the newest is damaged", async () => {
    const folder = await emptyFolder();
    const checkpoints = await openFolderCheckpoints(folder, space);
    for (const step of [7, 9]) await checkpoints.put("a", step, Buffer.alloc(1000, step));
    await writeFile(join(folder, "a", "9.checkpoint"), Buffer.alloc(1032));
    const found = await checkpoints.get("a", 100);
    expect({ step: found?.step, first: found?.bytes[0] }).toEqual({ step: 7, first: 7 });
  });

  it("stay spread over the steps within a session's limit, and the newest two always stay", async () => {
    const folder = await emptyFolder();
    const checkpoints = await openFolderCheckpoints(folder, space, 5500);
    for (let step = 10; step <= 200; step += 10) await checkpoints.put("a", step, Buffer.alloc(1000));
    const kept = (await readdir(join(folder, "a"))).map((name) => Number.parseInt(name, 10)).sort((a, b) => a - b);
    expect(kept).toHaveLength(5);
    expect(kept.slice(-2)).toEqual([190, 200]);
    const gaps = kept.slice(0, -1).map((step, index) => step - (kept[index - 1] ?? 0));
    expect(Math.max(...gaps)).toBeLessThanOrEqual(120);

    const tight = await openFolderCheckpoints(folder, space, 1);
    await tight.put("a", 210, Buffer.alloc(1000));
    expect((await readdir(join(folder, "a"))).sort()).toEqual(["200.checkpoint", "210.checkpoint"]);
  });

  it("are trimmed by sizes that are read once, and known from then on", async () => {
    const folder = await emptyFolder();
    const before = await openFolderCheckpoints(folder, space);
    await before.put("a", 1, Buffer.alloc(1000));
    const checkpoints = await openFolderCheckpoints(folder, space);
    await checkpoints.trim(1e9);
    for (const id of ["b", "c", "d"]) await checkpoints.put(id, 1, Buffer.alloc(1000));
    await checkpoints.share("d", "e", 1);
    await checkpoints.delete("c");
    // A file that another program shortens is not looked at again.
    await writeFile(join(folder, "b", "1.checkpoint"), "");
    await checkpoints.trim(2100);
    expect((await readdir(folder)).sort()).toEqual(["d", "drafts", "e"]);
  });

  it("are deleted at the start if they have the form of an earlier version", async () => {
    const folder = await emptyFolder();
    await writeFile(join(folder, "a.checkpoint"), Buffer.alloc(10));
    await openFolderCheckpoints(folder, space);
    expect(await readdir(folder)).toEqual(["drafts"]);
  });
});
