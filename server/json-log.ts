import { pino } from "pino";
import { type LogRecord, shownError, withoutPasswords } from "./log-record.js";

/** Returns the function that makes one line of JSON of a record: level, time, its fields, msg and, with a cause, err. */
export function jsonRecords(): (record: LogRecord) => string {
  let line = "";
  const logger = pino(
    {
      base: null,
      timestamp: false,
      serializers: { err: (cause: unknown) => shownError(cause) },
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
