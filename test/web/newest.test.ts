import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { ServerError } from "../../web/graphql/execute";
import { Newest } from "../../web/parts/newest";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const open = new AbortController().signal;

/** A list whose readings last until the test answers them. */
function setUp() {
  const readings: { answer(data: string): void; fail(error: Error): void }[] = [];
  const shown: string[] = [];
  const failures: unknown[] = [];
  const newest = new Newest<string>({
    read: () => new Promise((answer, fail) => readings.push({ answer, fail })),
    show: (data) => shown.push(data),
    onFailure: (error) => failures.push(error),
    everyMs: 1000,
  });
  return { newest, readings, shown, failures };
}

test("an answer that comes late does not replace a newer one", async () => {
  const { newest, readings, shown } = setUp();
  const before = newest.load();
  const after = newest.load();
  readings[1]?.answer("after the decision");
  await after;
  readings[0]?.answer("before the decision");
  await before;
  expect(shown).toEqual(["after the decision"]);
});

test("shows answers in the order in which they were asked for", async () => {
  const { newest, readings, shown } = setUp();
  const both = [newest.load(), newest.load()];
  for (const place of [0, 1]) readings[place]?.answer(`${place}`);
  await Promise.all(both);
  expect(shown).toEqual(["0", "1"]);
});

test("reads again after changes that follow a failed reading", async () => {
  const { newest, readings, shown, failures } = setUp();
  newest.changed(open);
  newest.changed(open);
  expect(readings).toHaveLength(1);
  readings[0]?.fail(new Error("away"));
  await vi.advanceTimersByTimeAsync(1000);
  expect(failures).toEqual([new Error("away")]);
  readings[1]?.answer("back");
  await vi.advanceTimersByTimeAsync(1000);
  newest.changed(open);
  readings[2]?.answer("again");
  await vi.advanceTimersByTimeAsync(0);
  expect(shown).toEqual(["back", "again"]);
});

test("tells whoever waits for a reading that it failed", async () => {
  const { newest, readings, failures } = setUp();
  const loading = newest.load();
  readings[0]?.fail(new Error("away"));
  await expect(loading).rejects.toThrow("away");
  expect(failures).toEqual([]);
});

test("reads again by itself after an error that passes, and says it meanwhile", async () => {
  vi.stubGlobal("window", new EventTarget());
  const { newest, readings, shown, failures } = setUp();
  newest.changed(open);
  const away = new ServerError("The database cannot be reached.", "UNAVAILABLE");
  readings[0]?.fail(away);
  await vi.advanceTimersByTimeAsync(1000);
  readings[1]?.answer("back");
  await vi.advanceTimersByTimeAsync(0);
  expect([shown, failures]).toEqual([["back"], [away]]);
  vi.unstubAllGlobals();
});
