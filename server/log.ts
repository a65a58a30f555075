import { jsonRecords } from "./json-log.js";
import { type Level, printable, textRecord } from "./log-record.js";
import { type LogFields, logFields } from "./records/log-fields.js";
import { traceFields } from "./telemetry/spans.js";

/** Writes lines with a timestamp and a level, or JSON; `cause` follows on indented lines. */
export interface Log {
  info(message: string): void;
  warn(message: string, cause?: unknown): void;
  error(message: string, cause?: unknown, fields?: LogFields): void;
  /** Logs an error that is the server's own fault. */
  report(error: unknown): void;
}

export const logFormats = ["text", "json"] as const;
export type LogFormat = (typeof logFormats)[number];

export interface LogOptions {
  format?: LogFormat;
  /** Fields of all records as JSON, read with each; text leaves them out, and those of `LogFields` too. */
  labels?: Readonly<Record<string, string>>;
  /** Writes a record; warnings and errors go to the standard error by default. */
  write?(level: Level, record: string): void;
  now?(): Date;
}

/** How often one message is written in a period, and all together, so that no client can fill the disk. */
const limits = { same: 10, all: 500, periodMs: 60_000 };

/** Longest message, characters. */
const MAX_MESSAGE = 2000;

/** Creates a log. Repeated messages are written a few times a minute; a later line says how many were left out. */
export function createLog({ format = "text", labels = {}, write = writeToConsole, now = () => new Date() }: LogOptions = {}): Log {
  const recordOf = format === "json" ? jsonRecords() : textRecord;
  let periodEnd = 0;
  let written = 0;
  let leftOut = 0;
  const counts = new Map<string, number>();

  function put(level: Level, message: string, cause?: unknown, fields?: LogFields): void {
    const time = now();
    if (time.getTime() >= periodEnd) {
      if (leftOut > 0) {
        const left = `${leftOut} lines were left out: they repeated others, or there were too many.`;
        write("WARN", recordOf({ time, level: "WARN", message: left, cause: undefined, fields: labels }));
      }
      periodEnd = time.getTime() + limits.periodMs;
      written = 0;
      leftOut = 0;
      counts.clear();
    }
    const key = `${level} ${message}`;
    const count = counts.get(key) ?? 0;
    if (written >= limits.all || count >= limits.same) {
      leftOut++;
      return;
    }
    counts.set(key, count + 1);
    written++;
    const known = { ...labels, ...logFields.getStore(), ...traceFields(), ...fields };
    write(level, recordOf({ time, level, message: oneLine(message), cause, fields: known }));
  }

  return {
    info: (message) => put("INFO", message),
    warn: (message, cause) => put("WARN", message, cause),
    error: (message, cause, fields) => put("ERROR", message, cause, fields),
    report: (error) => put("ERROR", error instanceof Error ? `${error.name}: ${error.message}` : "An unknown value was thrown.", error),
  };
}

function oneLine(message: string): string {
  const short = message.length > MAX_MESSAGE ? `${message.slice(0, MAX_MESSAGE)} …` : message;
  return printable(short.replaceAll("\n", " ").replaceAll("\t", " "));
}

function writeToConsole(level: Level, record: string): void {
  (level === "INFO" ? console.log : console.error)(record);
}
