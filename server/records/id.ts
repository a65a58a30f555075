const MAX_ID_LENGTH = 100;

/** Whether a text has the form of an id: letters, digits, hyphens and underscores. */
export function isId(text: string): boolean {
  return text.length <= MAX_ID_LENGTH && /^[\w-]+$/.test(text);
}
