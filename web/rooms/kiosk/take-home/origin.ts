import { isThisMachine, type KioskOptions } from "../options";

/** Where a visitor's phone finds the painting; null where none can, or none is offered. To be called in a browser. */
export function takeHomeOrigin({ hours, phones }: Pick<KioskOptions, "hours" | "phones">): string | null {
  if (hours === 0) return null;
  return phones ?? (isThisMachine(location.hostname) ? null : location.origin);
}
