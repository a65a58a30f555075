import { AtelierError } from "../errors.js";

const MAX_LENGTH = 100;

/** Whether a text can be the id of anything here: ids have letters, digits, hyphens and underscores. */
export function isId(text: string): boolean {
  return text.length <= MAX_LENGTH && /^[\w-]+$/.test(text);
}

/** @throws AtelierError NOT_FOUND for what cannot be an id, before storage is asked. */
export function requireId(field: string, text: string): string {
  if (!isId(text)) throw new AtelierError("NOT_FOUND", "There is nothing with this id.", { field });
  return text;
}
