import { outOfRange } from "../errors.js";
import { lifetime } from "../records/settings.js";

/** @throws AtelierError BAD_INPUT when `seconds` is outside of `lifetime`; none means no expiry. */
export function requireLifetime(field: string, seconds: number | null | undefined): void {
  if (seconds === null || seconds === undefined) return;
  const { min, max } = lifetime;
  if (!(Number.isInteger(seconds) && seconds >= min && seconds <= max)) throw outOfRange(field, lifetime);
}

/** The instant in `seconds` from `now`; null for no expiry. @throws AtelierError BAD_INPUT outside of `lifetime`. */
export function expiry(field: string, seconds: number | null | undefined, now: Date): Date | null {
  requireLifetime(field, seconds);
  return seconds === null || seconds === undefined ? null : new Date(now.getTime() + 1000 * seconds);
}
