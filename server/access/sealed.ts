import { createCipheriv, createDecipheriv, randomBytes } from "node:crypto";

const ALGORITHM = "aes-256-gcm";
const NONCE_BYTES = 12;
const TAG_BYTES = 16;

/** Seals values that a browser keeps, with a key of 32 bytes: it can neither read nor change them. */
export class Seal<Value> {
  constructor(private readonly key: Buffer) {}

  close(value: Value): string {
    const nonce = randomBytes(NONCE_BYTES);
    const cipher = createCipheriv(ALGORITHM, this.key, nonce);
    const text = Buffer.concat([cipher.update(JSON.stringify(value)), cipher.final()]);
    return Buffer.concat([nonce, cipher.getAuthTag(), text]).toString("base64url");
  }

  /** The value in a text; null for one that was not sealed with this key. */
  open(text: string): Value | null {
    const bytes = Buffer.from(text, "base64url");
    if (bytes.byteLength < NONCE_BYTES + TAG_BYTES) return null;
    const decipher = createDecipheriv(ALGORITHM, this.key, bytes.subarray(0, NONCE_BYTES), { authTagLength: TAG_BYTES });
    decipher.setAuthTag(bytes.subarray(NONCE_BYTES, NONCE_BYTES + TAG_BYTES));
    const sealed = bytes.subarray(NONCE_BYTES + TAG_BYTES);
    try {
      return JSON.parse(Buffer.concat([decipher.update(sealed), decipher.final()]).toString()) as Value;
    } catch {
      // The tag does not fit: the text was changed, or sealed with another key.
      return null;
    }
  }
}
