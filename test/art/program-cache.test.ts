import { expect, test } from "vitest";
import { ProgramCache } from "../../server/art/program-cache.js";

const program = () => ({ close: async () => undefined });

test("a program that could not be opened is opened anew for the next one", async () => {
  const cache = new ProgramCache();
  await expect(cache.acquire("a", () => Promise.reject(new Error("damaged")))).rejects.toThrow("damaged");
  const opened = program();
  expect(await cache.acquire("a", async () => opened)).toBe(opened);
  await cache.close();
});

test("who learns late of a failure does not forget what was opened since", async () => {
  const cache = new ProgramCache();
  let fail!: (reason: Error) => void;
  const failing = new Promise<never>((_, reject) => {
    fail = reject;
  });
  const opened = program();
  const open = async () => opened;
  // Told in this order: one who then asks for the failed program still, one who waited for it, one who opens it anew.
  const late = failing.catch(() => cache.acquire("a", open));
  const first = cache.acquire("a", () => failing);
  const anew = failing.catch(() => cache.acquire("a", open));
  fail(new Error("damaged"));
  await Promise.all([expect(first).rejects.toThrow("damaged"), expect(late).rejects.toThrow("damaged")]);
  expect(await anew).toBe(opened);
  expect(await cache.acquire("a", async () => program())).toBe(opened);
  await cache.close();
});
