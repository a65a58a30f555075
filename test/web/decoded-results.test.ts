import { setImmediate as settle } from "node:timers/promises";
import { expect, test } from "vitest";
import { DecodedResults } from "../../web/pictures/decoded-results";

/** Results whose decoding ends when the test says so. */
function setUp() {
  const shown: string[] = [];
  const discarded: string[] = [];
  const errors: unknown[] = [];
  const results = new DecodedResults<string>({
    show: (_, picture) => shown.push(picture),
    discard: (picture) => discarded.push(picture),
    onError: (error) => errors.push(error),
  });
  const take = (step: number) => {
    const handles: { resolve(picture: string): void; reject(error: Error): void }[] = [];
    results.take(step, new Promise((resolve, reject) => handles.push({ resolve, reject })));
    const [handle] = handles;
    if (!handle) throw new Error("A promise did not begin");
    return handle;
  };
  return { results, take, shown, discarded, errors, settle };
}

test("a picture that is decoded after a newer one is not shown", async () => {
  const { take, shown, discarded, settle } = setUp();
  const [older, newer, newest] = [take(0), take(1), take(2)];
  newer.resolve("newer");
  await settle();
  older.resolve("older");
  newest.resolve("newest");
  await settle();
  expect([shown, discarded]).toEqual([["newer", "newest"], ["older"]]);
});

test("a picture that cannot be decoded is reported, and the next one is shown", async () => {
  const { take, shown, errors, settle } = setUp();
  take(0).reject(new Error("no picture"));
  take(1).resolve("next");
  await settle();
  expect([shown, errors]).toEqual([["next"], [new Error("no picture")]]);
});

test("nothing is shown or reported after the end", async () => {
  const { results, take, shown, discarded, errors, settle } = setUp();
  const [late, broken] = [take(0), take(1)];
  results.close();
  late.resolve("late");
  broken.reject(new Error("no picture"));
  await settle();
  expect([shown, discarded, errors]).toEqual([[], ["late"], []]);
});
