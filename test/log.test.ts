import { describe, expect, test } from "vitest";
import { AtelierError } from "../server/errors.js";
import { createLog, logFormats } from "../server/log.js";
import { logFields } from "../server/records/log-fields.js";

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

test.each(logFormats)("an error is logged as %s with its causes, and without its other properties and passwords", (format) => {
  const records: string[] = [];
  const log = createLog({ format, write: (_level, record) => records.push(record) });
  const cause = Object.assign(new Error("connect to postgres://atelier:hunter2@db:5432 failed"), { code: "ECONNREFUSED" });
  log.error("redis://:hunter2@redis is away", Object.assign(new Error("away", { cause }), { headers: { authorization: "hunter2" } }));
  log.warn("Odd:", "not an error at http://me:p@hunter2@host");
  log.report(new AggregateError([new Error("no route to http://me:hunter2@host"), "odd"], "redis://:hunter2@redis is away"));
  const [first = "", odd, several] = records;
  expect(records.join("")).not.toContain("hunter2");
  for (const shown of ["redis://:…@redis is away", "ECONNREFUSED", "Error: away", "connect to postgres://atelier:…@db:5432 failed"])
    expect(first).toContain(shown);
  // Both have stacks.
  expect(first.match(/log\.test\.ts/g)?.length).toBeGreaterThanOrEqual(2);
  expect(odd).toContain("'not an error at http://me:…@host'");
  for (const shown of ["no route to http://me:…@host", "odd"]) expect(several).toContain(shown);
});

test("an error of a class that names itself is logged under that name", () => {
  const { log, records } = watchedLog();
  log.error("It failed:", new AtelierError("LIMIT", "too many"));
  expect(records[0]?.split("\n")[1]).toBe("  AtelierError: too many");
});

describe("as JSON", () => {
  /** A log whose records the test reads as a program would. */
  function jsonLog(labels: Record<string, string> = {}) {
    const records: string[] = [];
    const now = () => new Date("2030-01-02T03:04:05.678Z");
    const log = createLog({ format: "json", labels, write: (_level, record) => records.push(record), now });
    return { log, read: () => records.map((record) => JSON.parse(record)), records };
  }

  test("every record is one line with its level, time and labels", () => {
    const labels: Record<string, string> = {};
    const { log, read } = jsonLog(labels);
    log.info("It starts.");
    Object.assign(labels, { role: "worker", workerId: "w1" });
    log.warn("a\nb\u001b[31m");
    const time = "2030-01-02T03:04:05.678Z";
    expect(read()).toEqual([
      { level: "info", time, msg: "It starts." },
      { level: "warn", time, role: "worker", workerId: "w1", msg: "a b\\x1b[31m" },
    ]);
  });

  test("a record names the session and the request that it is about", async () => {
    const { log, read } = jsonLog();
    log.error("It failed:", new Error("no room"), { sessionId: "s1" });
    await logFields.run({ requestId: "r1" }, async () => {
      await Promise.resolve();
      log.report(new TypeError("odd"));
    });
    log.info("Later.");
    expect(read()).toMatchObject([
      { sessionId: "s1", msg: "It failed:", err: { type: "Error", message: "no room", stack: expect.stringContaining("log.test.ts") } },
      { requestId: "r1", msg: "TypeError: odd" },
      { msg: "Later." },
    ]);
    expect(read()[2]).not.toHaveProperty("requestId");
  });

  test("an error is an object with its cause", () => {
    const { log, read } = jsonLog();
    const cause = Object.assign(new Error("connect to postgres://atelier:hunter2@db:5432 failed"), { code: "ECONNREFUSED" });
    log.error("It is away:", new Error("away", { cause }));
    log.warn("Odd:", "not an error");
    expect(read()).toMatchObject([
      { err: { message: "away", cause: { code: "ECONNREFUSED", message: expect.stringContaining("@db:5432") } } },
      { err: { type: "string", message: "'not an error'" } },
    ]);
  });

  test("repeated, long and endless messages are limited as in text", () => {
    const { log, records } = jsonLog();
    for (let count = 0; count < 1000; count++) log.error("The same.");
    expect(records).toHaveLength(10);
    const endless = new Error("x".repeat(1e6));
    endless.cause = endless;
    log.report(endless);
    expect(records.at(-1)?.length).toBeLessThan(150_000);
  });

  test("text leaves the fields out", () => {
    const { log, records } = watchedLog();
    logFields.run({ requestId: "r1" }, () => log.error("It failed.", undefined, { sessionId: "s1" }));
    expect(records).toEqual(["2030-01-02T03:04:05.678Z ERROR It failed."]);
  });
});
