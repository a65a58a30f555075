import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { mkdtemp, rm, statfs, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { systemCode } from "../../server/errors.js";

/** Why tests with a full disk are skipped; null where a small file system can be mounted. */
export const noSmallDisk = findObstacle();

/** A file system of its own in memory, so small that it can be filled. Needs root on Linux. */
export class SmallDisk {
  private constructor(readonly folder: string) {}

  static async mount(mebibytes: number): Promise<SmallDisk> {
    const folder = await mkdtemp(join(tmpdir(), "atelier-disk-"));
    mount(folder, mebibytes);
    return new SmallDisk(folder);
  }

  /** Fills it to the last byte. */
  async fill(): Promise<void> {
    const { bavail, bsize } = await statfs(this.folder);
    const filling = writeFile(this.filler, Buffer.alloc((bavail + 1) * bsize));
    await filling.catch((error: unknown) => {
      if (systemCode(error) !== "ENOSPC") throw error;
    });
  }

  /** Deletes what filled it. */
  async empty(): Promise<void> {
    await rm(this.filler);
  }

  async unmount(): Promise<void> {
    // Lazily: a process that was killed may not be gone yet.
    execFileSync("umount", ["--lazy", this.folder]);
    await rm(this.folder, { recursive: true, force: true });
  }

  private get filler(): string {
    return join(this.folder, "filler");
  }
}

function mount(folder: string, mebibytes: number): void {
  execFileSync("mount", ["-t", "tmpfs", "-o", `size=${mebibytes}m,mode=0777`, "tmpfs", folder], { stdio: ["ignore", "ignore", "pipe"] });
}

function findObstacle(): string | null {
  const folder = mkdtempSync(join(tmpdir(), "atelier-disk-"));
  try {
    mount(folder, 1);
    execFileSync("umount", [folder]);
    return null;
  } catch {
    return "No file system can be mounted here without root on Linux, so no full disk of a worker is tested.";
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
