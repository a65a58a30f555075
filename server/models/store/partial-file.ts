import { constants } from "node:fs";
import { type FileHandle, open, readFile, rm, writeFile } from "node:fs/promises";

/** Where the bytes of a partial file came from. */
interface Origin {
  url: string;
  /** Entity tag or date by which the server knows this version of the file; null where it gave none. */
  validator: string | null;
}

/**
 * A file that is not all there yet, with a note beside it of where its bytes came from, so that a later process can go on.
 * Bytes of another address, or without a note, are dropped.
 */
export class PartialFile {
  private constructor(
    private readonly path: string,
    private readonly handle: FileHandle,
    private readonly url: string,
    private size: number,
    private known: string | null,
  ) {}

  static async open(path: string, { href }: URL): Promise<PartialFile> {
    const handle = await open(path, constants.O_RDWR | constants.O_CREAT, 0o644);
    try {
      const { size } = await handle.stat();
      const origin = await readOrigin(notePath(path));
      const file = new PartialFile(path, handle, href, size, origin?.validator ?? null);
      if (size > 0 && origin?.url !== href) await file.restart(null);
      return file;
    } catch (error) {
      await handle.close();
      throw error;
    }
  }

  /** Bytes that are there. */
  get received(): number {
    return this.size;
  }

  get validator(): string | null {
    return this.known;
  }

  /** Drops what is there; what comes now is of the version that `validator` names. */
  async restart(validator: string | null): Promise<void> {
    if (this.size > 0) await this.handle.truncate(0);
    this.size = 0;
    this.known = validator;
    await writeFile(notePath(this.path), JSON.stringify({ url: this.url, validator } satisfies Origin));
  }

  async append(bytes: Uint8Array): Promise<void> {
    for (let done = 0; done < bytes.byteLength; ) {
      const { bytesWritten } = await this.handle.write(bytes, done, bytes.byteLength - done, this.size);
      done += bytesWritten;
      this.size += bytesWritten;
    }
  }

  /** Makes it durable: a name that appears after a power cut is that of a whole file. */
  sync(): Promise<void> {
    return this.handle.sync();
  }

  close(): Promise<void> {
    return this.handle.close();
  }

  /** Removes the note of a file that is complete or unusable, and the file where it is still there. */
  static async discard(path: string): Promise<void> {
    await rm(path, { force: true });
    await rm(notePath(path), { force: true });
  }
}

function notePath(path: string): string {
  return `${path}.json`;
}

/** Null for a note that is missing or not understood: the bytes are fetched anew then. */
async function readOrigin(path: string): Promise<Origin | null> {
  let text: string;
  try {
    text = await readFile(path, "utf8");
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return null;
    throw error;
  }
  try {
    const { url, validator } = JSON.parse(text) as Partial<Record<keyof Origin, unknown>>;
    return typeof url === "string" ? { url, validator: typeof validator === "string" ? validator : null } : null;
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof TypeError) return null;
    throw error;
  }
}
