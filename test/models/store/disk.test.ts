import { mkdtemp, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { bytesOf, requireRoom } from "../../../server/models/store/disk.js";

it("lets nothing be fetched that the disk has no room for", async () => {
  await requireRoom(tmpdir(), 1);
  await expect(requireRoom(tmpdir(), 2 ** 60)).rejects.toMatchObject({
    name: "AtelierError",
    code: "UNAVAILABLE",
    detail: { limit: 2 ** 60 },
  });
});

it("counts what is there of a file, in part or whole", async () => {
  const folder = await mkdtemp(join(tmpdir(), "atelier-disk-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const path = join(folder, "weights.bin");
  expect(await bytesOf(path)).toBe(0);
  await writeFile(`${path}.partial`, "part");
  expect(await bytesOf(path)).toBe(4);
  await rename(`${path}.partial`, path);
  expect(await bytesOf(path)).toBe(4);
});
