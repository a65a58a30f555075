import { vi } from "vitest";

/** Waits until an assertion holds, also where many processes share few cores; returns what it returns. @throws its last error. */
export function eventually<Value>(assertion: () => Value | Promise<Value>): Promise<Value> {
  return vi.waitFor(assertion, { timeout: 150_000 });
}
