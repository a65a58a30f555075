import { createHash, randomBytes, timingSafeEqual } from "node:crypto";

/** Random bytes of a secret: 192 bits. */
const SECRET_BYTES = 24;

/** A new secret: 32 characters that an address can hold. It cannot be guessed, so that one round of hashing suffices. */
export function newSecret(): string {
  return randomBytes(SECRET_BYTES).toString("base64url");
}

/**
 * What is stored of a secret, hex. Secrets are looked up by their hashes, and the time of that tells nothing about a
 * secret: who changes a guess cannot choose how its hash changes.
 */
export function hashSecret(secret: string): string {
  return createHash("sha256").update(secret).digest("hex");
}

/** Whether two hashes of secrets are the same, in a time that does not depend on where they differ. */
export function isSameHash(one: string, other: string): boolean {
  const [first, second] = [Buffer.from(one, "hex"), Buffer.from(other, "hex")];
  return first.byteLength === second.byteLength && timingSafeEqual(first, second);
}

/** Whether a text has the form of a secret. */
export function isSecret(text: string): boolean {
  return /^[\w-]{32}$/.test(text);
}
