import { expect, test, vi } from "vitest";
import { checks, runChecks } from "../../scripts/checks.mjs";

test("the checks include those that other tests prove to fail", () => {
  const names = checks.map(({ name }: { name: string }) => name);
  for (const name of ["Arrows between folders", "Figures and variables in the documentation", "No file over the line budget"]) {
    expect(names).toContain(name);
  }
});

test("every check runs, and those that fail are named", async () => {
  const log = vi.spyOn(console, "log").mockImplementation(() => undefined);
  const check = (name: string, passes: boolean) => ({ name, passes: vi.fn(async () => passes) });
  const list = [check("one", false), check("two", true), check("three", false)];
  expect(await runChecks(list)).toEqual(["one", "three"]);
  for (const { passes } of list) expect(passes).toHaveBeenCalledOnce();
  log.mockRestore();
});
