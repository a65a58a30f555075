import { createHash, randomBytes } from "node:crypto";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect } from "vitest";
import { type Download, download } from "../../server/models/store/download.js";
import { FileServer } from "./file-server.js";

/** The server's weights.bin. */
export const content = randomBytes(300_000);

export const sha256 = createHash("sha256").update(content).digest("hex");

/** Short waits between attempts; the last wait of a test that gives up is 2 to 3 ms. No connection counts as stalled. */
export const limits = { stallMs: 20_000, attempts: 3, backoffMs: 1 };

/** A server with one file and a folder to download it into; both are new for each test of a file. */
export class DownloadRig {
  server!: FileServer;
  folder = "";
  progress: number[] = [];

  constructor() {
    beforeEach(async () => {
      this.server = await FileServer.start();
      this.server.files.set("weights.bin", content);
      this.folder = await mkdtemp(join(tmpdir(), "atelier-download-"));
      this.progress = [];
    });
    afterEach(async () => {
      await this.server.close();
      await rm(this.folder, { recursive: true, force: true });
    });
  }

  get target(): string {
    return join(this.folder, "weights.bin");
  }

  /** The requested ranges, in order. */
  get ranges(): (string | null)[] {
    return this.server.requests.map(({ range }) => range);
  }

  download(changes: Partial<Download> = {}, by = download): Promise<void> {
    return by({
      url: this.server.url("weights.bin"),
      path: this.target,
      bytes: content.length,
      checksum: { algorithm: "sha256", digest: sha256 },
      signal: new AbortController().signal,
      progress: (received) => this.progress.push(received),
      limits,
      ...changes,
    });
  }

  /** Expects the complete file under its name, and nothing else. */
  async expectComplete(): Promise<void> {
    expect(await readdir(this.folder)).toEqual(["weights.bin"]);
    expect((await readFile(this.target)).equals(content)).toBe(true);
  }
}
