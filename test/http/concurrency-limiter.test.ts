import { expect, it } from "vitest";
import { createConcurrencyLimiter } from "../../server/http/concurrency-limiter.js";

/** Work that runs until `finish` is called. */
function work() {
  let finish: () => void = () => undefined;
  const ended = new Promise<void>((resolve) => {
    finish = resolve;
  });
  const piece = {
    started: false,
    finish,
    async run() {
      piece.started = true;
      await ended;
    },
  };
  return piece;
}

it("runs a few pieces of work at a time, in order of arrival", async () => {
  const limiter = createConcurrencyLimiter(2, 10);
  const pieces = [work(), work(), work(), work()];
  const all = pieces.map((piece) => limiter.run(piece.run));
  const started = () => pieces.map((piece) => piece.started);
  expect(started()).toEqual([true, true, false, false]);
  pieces[1]!.finish();
  await all[1];
  expect(started()).toEqual([true, true, true, false]);
  for (const piece of pieces) piece.finish();
  await Promise.all(all);
  expect(started()).toEqual([true, true, true, true]);
});

it("refuses work at once when too much is waiting, and has room again later", async () => {
  const limiter = createConcurrencyLimiter(1, 1);
  const [running, waiting] = [work(), work()];
  const both = [limiter.run(running.run), limiter.run(waiting.run)];
  await expect(limiter.run(async () => "refused")).rejects.toMatchObject({ code: "UNAVAILABLE" });
  for (const piece of [running, waiting]) piece.finish();
  await Promise.all(both);
  expect(await limiter.run(async () => "done")).toBe("done");
});

it("has room again after work that fails", async () => {
  const limiter = createConcurrencyLimiter(1, 0);
  await expect(limiter.run(() => Promise.reject(new Error("The work failed.")))).rejects.toThrow("The work failed.");
  expect(await limiter.run(async () => "done")).toBe("done");
});
