import { createHash, randomBytes } from "node:crypto";

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

/** Whether a text has the form of a secret. */
export function isSecret(text: string): boolean {
  return /^[\w-]{32}$/.test(text);
}
