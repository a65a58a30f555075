import { afterAll, beforeAll, expect, test } from "vitest";
import { openTemporaryStorage, type TemporaryStorage } from "../helpers/temporary-storage.js";

let temporary: TemporaryStorage;
beforeAll(async () => {
  temporary = await openTemporaryStorage();
});
afterAll(() => temporary.close());

test("the event loop gets turns between simultaneous queries", async () => {
  const reads = Array.from({ length: 100 }, (_, index) => temporary.storage.sessions.find(`s${index}`));
  let turns = 0;
  let reading = true;
  const count = () => {
    turns++;
    if (reading) setImmediate(count);
  };
  setImmediate(count);
  await Promise.all(reads);
  reading = false;
  expect(turns).toBeGreaterThan(90);
});
