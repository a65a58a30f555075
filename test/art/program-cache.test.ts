import { expect, test } from "vitest";
import { ProgramCache } from "../../server/art/program-cache.js";

const program = () => ({ close: async () => undefined });

test("a program that could not be opened is opened again for the next caller", async () => {
  const cache = new ProgramCache();
  await expect(cache.acquire("a", () => Promise.reject(new Error("damaged")))).rejects.toThrow("damaged");
  const opened = program();
  expect(await cache.acquire("a", async () => opened)).toBe(opened);
  await cache.close();
});

test("a caller that learns of a failure late does not drop a program that was opened since", async () => {
  const cache = new ProgramCache();
  let fail!: (reason: Error) => void;
  const failing = new Promise<never>((_, reject) => {
    fail = reject;
  });
  const opened = program();
  const open = async () => opened;
  // The callers learn of the failure in this order: one that then still acquires the failed program, one that waited
  // for it, and one that opens it again.
  const late = failing.catch(() => cache.acquire("a", open));
  const first = cache.acquire("a", () => failing);
  const reopening = failing.catch(() => cache.acquire("a", open));
  fail(new Error("damaged"));
  await Promise.all([expect(first).rejects.toThrow("damaged"), expect(late).rejects.toThrow("damaged")]);
  expect(await reopening).toBe(opened);
  expect(await cache.acquire("a", async () => program())).toBe(opened);
  await cache.close();
});
