import { hash } from "node:crypto";
import type { Allowances } from "./allowances.js";

/** Secrets that are remembered, as hashes. */
const MOST_REMEMBERED = 10_000;

/** Who guesses has no role. */
const stranger = { role: null, ownerId: null };

/**
 * Looks up secrets that may be guesses. A secret that was right lately is looked up without a limit, so that whoever has one
 * is not held up by what others at the address try. Any other counts before it is looked up, and no more where it is right.
 */
export class SecretLookups {
  private readonly right = new Set<string>();
  private readonly wrong = new Set<string>();

  constructor(private readonly allowances: Pick<Allowances, "spend" | "beginLookup">) {}

  /**
   * Returns what `find` does, null for a wrong secret. With `isGuess`, one that was not known to be wrong counts as an attempt.
   * @throws AtelierError LIMIT for too many lookups of an address, before `find` is called, or too many wrong secrets
   */
  async of<Found>(secret: string, address: string | null, find: () => Promise<Found | null>, isGuess = true): Promise<Found | null> {
    const key = hash("sha256", secret, "base64url");
    const giveBack = this.right.has(key) ? () => undefined : await this.allowances.beginLookup(address);
    const found = await find();
    if (found !== null) {
      remember(this.right, key);
      await giveBack();
      return found;
    }
    this.right.delete(key);
    // A program whose access has ended sends the same secret again and again, and guesses nothing.
    if (isGuess && !this.wrong.has(key)) {
      remember(this.wrong, key);
      await this.allowances.spend("wrongSecretsPerMinute", stranger, address);
    }
    return null;
  }
}

function remember(keys: Set<string>, key: string): void {
  if (!keys.has(key) && keys.size >= MOST_REMEMBERED) keys.delete(keys.values().next().value ?? "");
  keys.add(key);
}
