import { expect, it } from "vitest";
import { Feed } from "../../../server/sessions/watch/feed.js";

interface Known {
  id: string;
  state: number;
}

async function watched() {
  const listeners = new Set<(model: Known) => void>();
  const feed = await Feed.open<Known>((opened) => {
    const listener = (model: Known) => opened.offer(model);
    listeners.add(listener);
    return () => void listeners.delete(listener);
  });
  const tell = (id: string, state: number) => {
    for (const listener of listeners) listener({ id, state });
  };
  return { feed, tell, listeners };
}

it("gives a slow reader each model's newest state once", async () => {
  const { feed, tell } = await watched();
  for (let state = 0; state < 100; state++) tell("a", state);
  tell("b", 1);
  tell("a", 100);
  expect(await feed.next()).toEqual({ done: false, value: { id: "b", state: 1 } });
  expect(await feed.next()).toEqual({ done: false, value: { id: "a", state: 100 } });
  const later = feed.next();
  tell("b", 2);
  expect(await later).toEqual({ done: false, value: { id: "b", state: 2 } });
});

it("delivers the waiting items before it ends", async () => {
  const { feed, tell, listeners } = await watched();
  tell("a", 1);
  feed.end();
  expect(await feed.next()).toEqual({ done: false, value: { id: "a", state: 1 } });
  expect(await feed.next()).toEqual({ done: true, value: undefined });
  expect(listeners.size).toBe(0);
});

it("drops the item that has waited longest when too many wait", async () => {
  const { feed, tell } = await watched();
  for (let state = 0; state <= 1000; state++) tell(`item ${state}`, state);
  expect((await feed.next()).value).toEqual({ id: "item 1", state: 1 });
});

it("ends while its reader waits, and unsubscribes", async () => {
  const { feed, listeners } = await watched();
  const waiting = feed.next();
  await feed.return();
  expect(await waiting).toEqual({ done: true, value: undefined });
  expect(listeners.size).toBe(0);
});
