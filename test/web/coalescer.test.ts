import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { Coalescer } from "../../web/parts/coalescer";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** A coalescer of settings whose work lasts until the test says so. */
function setUp(everyMs?: number) {
  const begun: { values: Record<string, number>; at: number; finish: () => void }[] = [];
  const coalescer = new Coalescer<Record<string, number>>({
    ...(everyMs === undefined ? {} : { everyMs }),
    merge: (waiting, newer) => ({ ...waiting, ...newer }),
    work: (values) => new Promise((finish) => begun.push({ values, at: Date.now(), finish })),
  });
  return { coalescer, begun, values: () => begun.map(({ values }) => values) };
}

describe("a coalescer", () => {
  test("applies the first value at once, and merges values that come while it works", async () => {
    const { coalescer, begun, values } = setUp();
    coalescer.offer({ alpha: 1 });
    for (const alpha of [2, 3, 4]) coalescer.offer({ alpha });
    coalescer.offer({ beta: 7 });
    expect(values()).toEqual([{ alpha: 1 }]);
    expect(coalescer.hasWaiting).toBe(true);
    begun[0]?.finish();
    await vi.advanceTimersByTimeAsync(0);
    expect(values()).toEqual([{ alpha: 1 }, { alpha: 4, beta: 7 }]);
    expect(coalescer.hasWaiting).toBe(false);
  });

  test("applies at most five a second of values in quick succession, and always the last one", async () => {
    const { coalescer, begun } = setUp(200);
    const started = Date.now();
    for (let alpha = 0; alpha < 100; alpha++) {
      coalescer.offer({ alpha });
      begun.at(-1)?.finish();
      await vi.advanceTimersByTimeAsync(10);
    }
    await vi.advanceTimersByTimeAsync(200);
    expect(begun.at(-1)?.values).toEqual({ alpha: 99 });
    const gaps = begun.slice(1).map(({ at }, place) => at - (begun[place]?.at ?? started));
    expect(Math.min(...gaps)).toBeGreaterThanOrEqual(200);
    expect(begun.length).toBeGreaterThanOrEqual(5);
  });

  test("works again after it was idle", async () => {
    const { coalescer, begun, values } = setUp(200);
    coalescer.offer({ alpha: 1 });
    begun[0]?.finish();
    await vi.advanceTimersByTimeAsync(1000);
    coalescer.offer({ alpha: 2 });
    expect(values()).toEqual([{ alpha: 1 }, { alpha: 2 }]);
  });
});
