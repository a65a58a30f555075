import { onTestFinished, vi } from "vitest";

/**
 * Hides what this process and its children print to stderr until the test ends: the trace of a death that the test
 * provokes. Returns what was hidden so far.
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
