import { expect, test, vi } from "vitest";
import { LOOK_MS } from "../../server/access/visitor-sweeper.js";
import { startApp } from "../helpers/app.js";
import { until } from "../helpers/until.js";

test("a server forgets visitors who came long ago and can never come back, and no others", async () => {
  vi.useFakeTimers({ toFake: ["setInterval", "clearInterval"] });
  const app = await startApp({ accessMode: "LINK" });
  const { access } = app.storage;
  const daysAgo = (days: number) => new Date(Date.now() - 86_400_000 * days);
  await access.addVisitor({ id: "old", createdAt: daysAgo(31) }, "hash of old");
  await access.addVisitor({ id: "young", createdAt: daysAgo(29) }, "hash of young");
  await until(async () => {
    vi.advanceTimersByTime(LOOK_MS);
    return (await access.visitorOf("hash of old")) === null;
  });
  expect(await access.visitorOf("hash of young")).toMatchObject({ id: "young" });
  expect(app.faults).toEqual([]);
  await app.close();
  vi.useRealTimers();
});
