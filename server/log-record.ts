import { inspect } from "node:util";
import { messageOf } from "./errors.js";

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

/** What every log shows of an error: its other properties may hold requests, addresses and secrets. */
interface ShownError {
  type: string;
  message: string;
  code?: string;
  stack?: string;
  /** Messages of those that it gathers. */
  errors?: string[];
  cause?: ShownError;
}

/** Longest stack or other detail of an error, characters. */
const MAX_DETAIL = 8000;
/** How many causes of an error are followed, and how many of those that it gathers are shown. */
const MAX_CAUSES = 5;

/** Characters that could begin another line or control a terminal. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what it finds.
const CONTROL = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g;

/**
 * The part of an address that holds a password, as in postgres://user:password@host. The scheme is left out: to look for it
 * takes long in a text that has none.
 */
const PASSWORD = /(:\/\/[^\s:/@]*:)[^\s/]+(?=@)/g;

/** A line with the time, the level and the message; the cause follows on indented lines. */
export function textRecord({ time, level, message, cause }: LogRecord): string {
  const line = `${time.toISOString()} ${level.padEnd(5)} ${withoutPasswords(message)}`;
  if (cause === undefined) return line;
  return [line, ...linesOf(shownError(cause)).map((text) => `  ${text}`)].join("\n");
}

/** A text in which control characters other than line breaks and tabs are spelled out. */
export function printable(text: string): string {
  return text.replace(CONTROL, (character) => `\\x${character.charCodeAt(0).toString(16).padStart(2, "0")}`);
}

export function withoutPasswords(text: string): string {
  return text.replace(PASSWORD, "$1…");
}

/** What is shown of anything that was thrown. */
export function shownError(cause: unknown, depth = MAX_CAUSES): ShownError {
  if (!(cause instanceof Error)) return { type: typeof cause, message: detail(inspect(cause)) };
  const code = "code" in cause && typeof cause.code === "string" ? cause.code : undefined;
  return {
    type: cause.name,
    message: detail(cause.message),
    ...(code === undefined ? {} : { code }),
    ...(cause.stack === undefined ? {} : { stack: detail(cause.stack) }),
    ...(cause instanceof AggregateError ? { errors: cause.errors.slice(0, MAX_CAUSES).map((one) => detail(messageOf(one))) } : {}),
    ...(cause.cause === undefined || depth === 0 ? {} : { cause: shownError(cause.cause, depth - 1) }),
  };
}

function linesOf({ type, message, code, stack, errors = [], cause }: ShownError): string[] {
  return [
    // A class that names its errors itself does so after the stack was made.
    ...(stack?.replace(/^Error\b/, type) ?? message).split("\n"),
    ...(code === undefined ? [] : [`code: ${code}`]),
    ...errors.flatMap((text) => `error: ${text}`.split("\n")),
    ...(cause === undefined ? [] : ["caused by:", ...linesOf(cause)]),
  ];
}

function detail(text: string): string {
  return withoutPasswords(printable(text.slice(0, MAX_DETAIL)));
}
