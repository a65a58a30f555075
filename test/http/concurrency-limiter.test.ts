import { expect, it } from "vitest";
import { createConcurrencyLimiter, type LimiterOptions, waitingPictureLimits } from "../../server/http/concurrency-limiter.js";
import { Allowances } from "../../server/limits/allowances.js";
import { limitValues } from "../../server/limits/table.js";

const allowances = new Allowances(limitValues({ waitingPictures: 2, strangerWaitingPictures: 2 }));
const limiterOf = (maxRunning: number, maxWaiting: number, ownLimits: LimiterOptions["ownLimits"] = []) =>
  createConcurrencyLimiter({ maxRunning, maxWaiting, others: "uploads", allowances, ownLimits });
const owner = (ownerId: string, role = "VIEWER") => ({ party: { role, ownerId }, address: "192.0.2.1" });
const from = (address: string) => ({ party: { role: null, ownerId: null }, address });
const ann = owner("ann");

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

it("runs a few pieces of work at a time, an owner's in order of arrival", async () => {
  const limiter = limiterOf(2, 10);
  const pieces = [work(), work(), work(), work()];
  const all = pieces.map((piece) => limiter.run(ann, piece.run));
  const started = () => pieces.map((piece) => piece.started);
  expect(started()).toEqual([true, true, false, false]);
  pieces[1]!.finish();
  await expect.poll(started).toEqual([true, true, true, false]);
  for (const piece of pieces) piece.finish();
  await Promise.all(all);
  expect(started()).toEqual([true, true, true, true]);
});

it("refuses work at once when too much is waiting, and has room again later", async () => {
  const limiter = limiterOf(1, 1);
  const [running, waiting] = [work(), work()];
  const both = [limiter.run(ann, running.run), limiter.run(ann, waiting.run)];
  await expect(limiter.run(ann, async () => "refused")).rejects.toMatchObject({
    ...{ code: "UNAVAILABLE", detail: { retryAfter: expect.any(Number) } },
  });
  for (const piece of [running, waiting]) piece.finish();
  await Promise.all(both);
  expect(await limiter.run(ann, async () => "done")).toBe("done");
});

it("has room again after work that fails", async () => {
  const limiter = limiterOf(1, 0);
  await expect(limiter.run(ann, () => Promise.reject(new Error("The work failed.")))).rejects.toThrow("The work failed.");
  expect(await limiter.run(ann, async () => "done")).toBe("done");
});

/** What begins, in order, when each sender asks for a piece of work while another one runs. */
async function turnsOf(senders: readonly ReturnType<typeof owner | typeof from>[]): Promise<number[]> {
  const limiter = limiterOf(1, 10);
  const first = work();
  const begun: number[] = [];
  const all = [
    limiter.run(owner("first"), first.run),
    ...senders.map((sender, place) => limiter.run(sender, async () => begun.push(place))),
  ];
  first.finish();
  await Promise.all(all);
  return begun;
}

it("takes turns by owner, and by address for strangers, however much of one of them waits", async () => {
  expect(await turnsOf([ann, ann, ann, owner("ben"), ann, owner("ben")])).toEqual([0, 3, 1, 5, 2, 4]);
  expect(await turnsOf([from("203.0.113.1"), from("203.0.113.1"), from("203.0.113.2")])).toEqual([0, 2, 1]);
});

it.each([
  ["an owner", "waitingPictures", ann, owner("ben")],
  ["an address of strangers", "strangerWaitingPictures", from("203.0.113.1"), from("203.0.113.2")],
] as const)("refuses what is too much for %s, and no others", async (_who, limitName, one, other) => {
  const limiter = limiterOf(1, 10, waitingPictureLimits);
  const running = work();
  const all: Promise<unknown>[] = [limiter.run(one, running.run)];
  for (let count = 0; count < 2; count++) all.push(limiter.run(one, async () => undefined));
  await expect(limiter.run(one, async () => undefined)).rejects.toMatchObject({
    ...{ code: "LIMIT", detail: { limitName, limit: 2, retryAfter: expect.any(Number) } },
  });
  for (const sender of [other, ...Array.from({ length: 4 }, () => owner("admin", "ADMIN"))])
    all.push(limiter.run(sender, async () => undefined));
  running.finish();
  await Promise.all(all);
});

it("keeps half of the places to wait for people with a role, whatever strangers at many addresses ask for", async () => {
  const limiter = limiterOf(1, 4, waitingPictureLimits);
  const running = work();
  const all: Promise<unknown>[] = [limiter.run(ann, running.run)];
  const begun: string[] = [];
  for (const address of ["203.0.113.1", "203.0.113.2"]) all.push(limiter.run(from(address), async () => begun.push(address)));
  const refused = { code: "UNAVAILABLE", detail: { retryAfter: expect.any(Number) } };
  await expect(limiter.run(from("203.0.113.3"), async () => undefined)).rejects.toMatchObject(refused);
  for (const id of ["ben", "cleo"]) all.push(limiter.run(owner(id), async () => begun.push(id)));
  await expect(limiter.run(owner("dora"), async () => undefined)).rejects.toMatchObject(refused);
  running.finish();
  await Promise.all(all);
  expect(begun).toEqual(["203.0.113.1", "203.0.113.2", "ben", "cleo"]);
  const [again, waiting] = [work(), work()];
  const later = [limiter.run(ann, again.run), limiter.run(from("203.0.113.3"), waiting.run)];
  for (const piece of [again, waiting]) piece.finish();
  await Promise.all(later);
});
