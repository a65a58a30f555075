import { webcrypto } from "node:crypto";

/** SHA-256, 32 bytes, computed off the main thread: the bytes may be many. */
export async function sha256(bytes: Uint8Array): Promise<Buffer> {
  return Buffer.from(await webcrypto.subtle.digest("SHA-256", bytes as Uint8Array<ArrayBuffer>));
}
