import { inspect } from "node:util";

export type Level = "INFO" | "WARN" | "ERROR";

/** One record before it is text. */
export interface LogRecord {
  time: Date;
  level: Level;
  /** Without line breaks and control characters. */
  message: string;
  cause: unknown;
  fields: Readonly<Record<string, string | undefined>>;
}

/** Characters that could begin another line or control a terminal. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what it finds.
const CONTROL = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g;

/** A line with the time, the level and the message; the cause follows on indented lines. */
export function textRecord({ time, level, message, cause }: LogRecord): string {
  const line = `${time.toISOString()} ${level.padEnd(5)} ${message}`;
  if (cause === undefined) return line;
  const detail = printable(inspect(cause)).split("\n");
  return [line, ...detail.map((text) => `  ${text}`)].join("\n");
}

/** A text in which control characters other than line breaks and tabs are spelled out. */
export function printable(text: string): string {
  return text.replace(CONTROL, (character) => `\\x${character.charCodeAt(0).toString(16).padStart(2, "0")}`);
}
