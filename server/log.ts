import { inspect } from "node:util";

type Level = "INFO" | "WARN" | "ERROR";

/** Writes lines with a timestamp and a level; `cause` follows on indented lines. */
export interface Log {
  info(message: string): void;
  warn(message: string, cause?: unknown): void;
  error(message: string, cause?: unknown): void;
  /** Logs an error that is the server's own fault. */
  report(error: unknown): void;
}

export interface LogOptions {
  /** Writes a record; warnings and errors go to the standard error by default. */
  write?(level: Level, record: string): void;
  now?(): Date;
}

/** How often one message is written in a period, and all together, so that no client can fill the disk. */
const limits = { same: 10, all: 500, periodMs: 60_000 };

/** Longest message, characters. */
const MAX_MESSAGE = 2000;

/** Characters that could begin another line or control a terminal. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what it finds.
const CONTROL = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g;

/** Creates a log. Repeated messages are written a few times a minute; a later line says how many were left out. */
export function createLog({ write = writeToConsole, now = () => new Date() }: LogOptions = {}): Log {
  let periodEnd = 0;
  let written = 0;
  let leftOut = 0;
  const counts = new Map<string, number>();

  function put(level: Level, message: string, cause?: unknown): void {
    const time = now();
    if (time.getTime() >= periodEnd) {
      if (leftOut > 0)
        write("WARN", recordOf(time, "WARN", `${leftOut} lines were left out: they repeated others, or there were too many.`));
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
    write(level, recordOf(time, level, message, cause));
  }

  return {
    info: (message) => put("INFO", message),
    warn: (message, cause) => put("WARN", message, cause),
    error: (message, cause) => put("ERROR", message, cause),
    report: (error) => put("ERROR", error instanceof Error ? `${error.name}: ${error.message}` : "An unknown value was thrown.", error),
  };
}

function recordOf(time: Date, level: Level, message: string, cause?: unknown): string {
  const line = `${time.toISOString()} ${level.padEnd(5)} ${oneLine(message)}`;
  if (cause === undefined) return line;
  const detail = inspect(cause).replace(CONTROL, shown).split("\n");
  return [line, ...detail.map((text) => `  ${text}`)].join("\n");
}

function oneLine(message: string): string {
  const short = message.length > MAX_MESSAGE ? `${message.slice(0, MAX_MESSAGE)} …` : message;
  return short.replaceAll("\n", " ").replaceAll("\t", " ").replace(CONTROL, shown);
}

function shown(character: string): string {
  return `\\x${character.charCodeAt(0).toString(16).padStart(2, "0")}`;
}

function writeToConsole(level: Level, record: string): void {
  (level === "INFO" ? console.log : console.error)(record);
}
