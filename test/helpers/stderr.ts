import { onTestFinished, vi } from "vitest";

/**
 * Hides stderr of this process and its children until the test ends, such as the trace of a crash that the test
 * provokes. Returns a function that returns what has been hidden so far.
 */
export function hiddenStderr(): () => string {
  let text = "";
  const spy = vi.spyOn(process.stderr, "write").mockImplementation((chunk) => {
    text += chunk;
    return true;
  });
  onTestFinished(() => spy.mockRestore());
  return () => text;
}
