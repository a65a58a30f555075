import { expect, it } from "vitest";
import { ChangeFeed } from "../../../server/sessions/watch/feed.js";

interface Known {
  id: string;
  state: number;
}

function watched() {
  const listeners = new Set<(model: Known) => void>();
  const feed = new ChangeFeed<Known>((listener) => {
    listeners.add(listener);
    return () => listeners.delete(listener);
  });
  const tell = (id: string, state: number) => {
    for (const listener of listeners) listener({ id, state });
  };
  return { feed, tell, listeners };
}

it("gives a slow reader each model's newest state once", async () => {
  const { feed, tell } = watched();
  for (let state = 0; state < 100; state++) tell("a", state);
  tell("b", 1);
  tell("a", 100);
  expect(await feed.next()).toEqual({ done: false, value: { id: "b", state: 1 } });
  expect(await feed.next()).toEqual({ done: false, value: { id: "a", state: 100 } });
  const later = feed.next();
  tell("b", 2);
  expect(await later).toEqual({ done: false, value: { id: "b", state: 2 } });
});

it("ends while it is waited for, and listens no more", async () => {
  const { feed, listeners } = watched();
  const waiting = feed.next();
  await feed.return();
  expect(await waiting).toEqual({ done: true, value: undefined });
  expect(listeners.size).toBe(0);
});
