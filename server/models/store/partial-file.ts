import { constants } from "node:fs";
import { type FileHandle, open, readFile, rm, writeFile } from "node:fs/promises";
import { systemCode } from "../../errors.js";
import { headOf } from "../file-kind.js";

/** Origin of the bytes in a partial file. */
interface Origin {
  url: string;
  /** Entity tag or date that identifies this version of the file on the server; null where it gave none. */
  validator: string | null;
}

/**
 * An incomplete file with a note beside it of where its bytes came from, so that a later process can continue. Bytes
 * that came from another address or have no note are dropped.
 */
export class PartialFile {
  private constructor(
    private readonly path: string,
    private readonly handle: FileHandle,
    private readonly url: string,
    private size: number,
    private currentValidator: string | null,
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

  /** Number of bytes in the file. */
  get received(): number {
    return this.size;
  }

  /** Entity tag or date of the version that the bytes belong to; null where the server gave none. */
  get validator(): string | null {
    return this.currentValidator;
  }

  /** Drops all bytes; those that follow belong to the version that `validator` identifies. */
  async restart(validator: string | null): Promise<void> {
    if (this.size > 0) await this.handle.truncate(0);
    this.size = 0;
    this.currentValidator = validator;
    await writeFile(notePath(this.path), JSON.stringify({ url: this.url, validator } satisfies Origin));
  }

  /** The first bytes of the file. */
  head(): Promise<Uint8Array> {
    return headOf(this.path);
  }

  async append(bytes: Uint8Array): Promise<void> {
    for (let done = 0; done < bytes.byteLength; ) {
      const { bytesWritten } = await this.handle.write(bytes, done, bytes.byteLength - done, this.size);
      done += bytesWritten;
      this.size += bytesWritten;
    }
  }

  /** Makes the bytes durable, so that the final name never belongs to an incomplete file after a power cut. */
  sync(): Promise<void> {
    return this.handle.sync();
  }

  close(): Promise<void> {
    return this.handle.close();
  }

  /** Removes the note of a file that is complete or unusable, and the file if it still exists. */
  static async discard(path: string): Promise<void> {
    await rm(path, { force: true });
    await rm(notePath(path), { force: true });
  }
}

function notePath(path: string): string {
  return `${path}.json`;
}

/** Null for a note that is missing or damaged: the bytes are then downloaded again. */
async function readOrigin(path: string): Promise<Origin | null> {
  let text: string;
  try {
    text = await readFile(path, "utf8");
  } catch (error) {
    if (systemCode(error) === "ENOENT") return null;
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
