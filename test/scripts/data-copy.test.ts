import { execFile } from "node:child_process";
import { mkdir, readdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, onTestFinished, test } from "vitest";
import { openEmbeddedStorage } from "../../server/storage/embedded/open.js";
import { anImage } from "../contracts/records.js";
import { newDataFolder } from "../helpers/data-folder.js";

const run = promisify(execFile);

/** Runs `npm run backup` or `npm run restore` without npm. */
function command(name: "backup" | "restore", data: string, folder: string): Promise<{ stdout: string }> {
  return run(process.execPath, [join(import.meta.dirname, "../../scripts", `${name}.mjs`), folder], {
    env: { ...process.env, ATELIER_DATA: data },
  });
}

async function filledFolder() {
  const data = await newDataFolder();
  onTestFinished(() => rm(data, { recursive: true, force: true }));
  const storage = await openEmbeddedStorage(data);
  const digest = await storage.blobs.put(Buffer.from("a picture"));
  const image = anImage({ digest });
  await storage.images.insert(image);
  return { data, storage, image };
}

test("a backup restored into an empty data folder has all rows and pictures", async () => {
  const { data, storage, image } = await filledFolder();
  await storage.close();
  await mkdir(join(data, "exports"), { recursive: true });
  await writeFile(join(data, "exports", "film.webp"), "a film");
  const folder = `${data}-backup`;
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  expect((await command("backup", data, folder)).stdout).toMatch("is backed up in");
  expect(await readdir(folder)).not.toContain("exports");
  await expect(command("backup", data, folder)).rejects.toMatchObject({ code: 1, stderr: expect.stringContaining("is not empty") });
  await expect(command("restore", data, folder)).rejects.toMatchObject({ code: 1, stderr: expect.stringContaining("is not empty") });

  await rm(data, { recursive: true });
  await command("restore", data, folder);
  const restored = await openEmbeddedStorage(data);
  expect(await restored.images.find(image.id)).toEqual(image);
  expect(Buffer.from(await restored.blobs.get(image.digest)).toString()).toBe("a picture");
  await restored.close();
});

test("a folder that a server uses, or that is not a backup, is not copied", async () => {
  const { data, storage } = await filledFolder();
  const folder = `${data}-backup`;
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  await expect(command("backup", data, folder)).rejects.toMatchObject({ stderr: expect.stringContaining("A server uses") });
  await storage.close();
  await expect(command("restore", data, folder)).rejects.toMatchObject({ stderr: expect.stringContaining("holds no data") });
  await expect(command("backup", data, join(data, "backup"))).rejects.toMatchObject({
    stderr: expect.stringContaining("must not contain"),
  });
});
