import { outOfRange } from "../errors.js";
import { lifetime } from "../records/settings.js";

/** The instant in `seconds` from now; null for no expiry. @throws AtelierError BAD_INPUT outside of `lifetime`. */
export function expiry(field: string, seconds: number | null | undefined): Date | null {
  if (seconds === null || seconds === undefined) return null;
  const { min, max } = lifetime;
  if (!(Number.isInteger(seconds) && seconds >= min && seconds <= max)) throw outOfRange(field, lifetime);
  return new Date(Date.now() + 1000 * seconds);
}
