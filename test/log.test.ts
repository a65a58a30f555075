import { expect, test } from "vitest";
import { createLog } from "../server/log.js";

/** A log whose records and clock the test sees. */
function watchedLog() {
  const records: string[] = [];
  const clock = { ms: Date.parse("2030-01-02T03:04:05.678Z") };
  const log = createLog({ write: (_level, record) => records.push(record), now: () => new Date(clock.ms) });
  return { log, records, clock };
}

test("every line has a timestamp and a level", () => {
  const { log, records } = watchedLog();
  log.info("It runs.");
  log.warn("The disk is nearly full.");
  log.error("It failed:", new Error("no room"));
  expect(records[0]).toBe("2030-01-02T03:04:05.678Z INFO  It runs.");
  expect(records[1]).toBe("2030-01-02T03:04:05.678Z WARN  The disk is nearly full.");
  const [line, ...cause] = records[2]!.split("\n");
  expect(line).toBe("2030-01-02T03:04:05.678Z ERROR It failed:");
  expect(cause[0]).toBe("  Error: no room");
  expect(cause.every((text) => text.startsWith("  "))).toBe(true);
});

test("text from a client cannot start a line or control the terminal", () => {
  const { log, records } = watchedLog();
  log.warn("a\n2030-01-01T00:00:00.000Z INFO  forged\u001b[31m");
  expect(records[0]).toBe("2030-01-02T03:04:05.678Z WARN  a 2030-01-01T00:00:00.000Z INFO  forged\\x1b[31m");
  log.report(new Error("b\r\n2030-01-01T00:00:00.000Z INFO  forged"));
  expect(records[1]!.split(/\r|\n/).filter((line) => line.startsWith("2030"))).toHaveLength(1);
});

test("repeated messages are written a few times, and then only counted", () => {
  const { log, records, clock } = watchedLog();
  for (let count = 0; count < 1000; count++) log.report(new Error("The same."));
  log.info("Another.");
  expect(records).toHaveLength(11);
  clock.ms += 60_000;
  log.report(new Error("The same."));
  expect(records.slice(11).map((record) => record.split("\n")[0])).toEqual([
    "2030-01-02T03:05:05.678Z WARN  990 lines were left out: they repeated others, or there were too many.",
    "2030-01-02T03:05:05.678Z ERROR Error: The same.",
  ]);
});

test("messages that all differ cannot fill the disk", () => {
  const { log, records } = watchedLog();
  for (let count = 0; count < 10_000; count++) log.error(`Number ${count} ${"x".repeat(5000)}`);
  expect(records).toHaveLength(500);
  expect(Math.max(...records.map(({ length }) => length))).toBeLessThan(2100);
});
