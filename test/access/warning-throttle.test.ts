import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { WarningThrottle } from "../../server/access/warning-throttle.js";

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

test("passes on the first warning in full, and how many more came once a minute, until there are none", () => {
  const warnings: string[] = [];
  const throttle = new WarningThrottle((message) => void warnings.push(message));
  const take = () => warnings.splice(0);
  for (const message of ["a", "b", "c"]) throttle.add(message);
  expect(take()).toEqual(["a"]);
  vi.advanceTimersByTime(60_000);
  expect(take()).toEqual(["2 more in the last minute, the last one: c"]);
  throttle.add("d");
  expect(take()).toEqual([]);
  vi.advanceTimersByTime(120_000);
  expect(take()).toEqual(["1 more in the last minute, the last one: d"]);
  throttle.add("e");
  throttle.add("f");
  throttle.close();
  expect(take()).toEqual(["e", "1 more in the last minute, the last one: f"]);
  expect(vi.getTimerCount()).toBe(0);
});
