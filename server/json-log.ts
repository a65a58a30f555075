import { inspect } from "node:util";
import { pino } from "pino";
import { type LogRecord, printable } from "./log-record.js";

/** Longest stack or other detail of an error, characters. */
const MAX_DETAIL = 8000;
/** How many causes of an error are followed. */
const MAX_CAUSES = 5;

/** The part of an address that holds a password, as in postgres://user:password@host. */
const PASSWORD = /([a-z][a-z0-9+.-]*:\/\/[^\s:/@]*:)[^\s/@]+(?=@)/gi;

/** Returns the function that makes one line of JSON of a record: level, time, its fields, msg and, with a cause, err. */
export function jsonRecords(): (record: LogRecord) => string {
  let line = "";
  const logger = pino(
    {
      base: null,
      timestamp: false,
      // Of an error only what is chosen here: its other properties may hold requests, addresses and secrets.
      serializers: { err: (cause: unknown) => shownError(cause, MAX_CAUSES) },
      formatters: { level: (level) => ({ level }) },
    },
    {
      write(text: string) {
        line = text.trimEnd();
      },
    },
  );
  return ({ time, level, message, cause, fields }) => {
    const content = { time: time.toISOString(), ...fields, ...(cause === undefined ? {} : { err: cause }) };
    logger[level === "INFO" ? "info" : level === "WARN" ? "warn" : "error"](content, withoutPasswords(message));
    return line;
  };
}

interface ShownError {
  type: string;
  message: string;
  code?: string;
  stack?: string;
  cause?: ShownError;
}

function shownError(cause: unknown, depth: number): ShownError {
  if (!(cause instanceof Error)) return { type: typeof cause, message: detail(inspect(cause)) };
  const code = "code" in cause && typeof cause.code === "string" ? cause.code : undefined;
  return {
    type: cause.name,
    message: detail(cause.message),
    ...(code === undefined ? {} : { code }),
    ...(cause.stack === undefined ? {} : { stack: detail(cause.stack) }),
    ...(cause.cause === undefined || depth === 0 ? {} : { cause: shownError(cause.cause, depth - 1) }),
  };
}

function detail(text: string): string {
  return withoutPasswords(printable(text.slice(0, MAX_DETAIL)));
}

function withoutPasswords(text: string): string {
  return text.replace(PASSWORD, "$1…");
}
