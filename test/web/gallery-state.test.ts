import { expect, test } from "vitest";
import type { Card } from "../../web/graphql/operations";
import { nextGallery, nothingHung } from "../../web/rooms/gallery/gallery-state";

function card(id: string, minute: number, status: Card["status"] = "COMPLETED"): Card {
  const image = { id, url: `/images/${id}`, width: 8, height: 8 };
  return {
    __typename: "StyleTransferSession",
    id,
    title: id,
    status,
    createdAt: `2026-01-01T00:0${minute}:00.000Z`,
    startedAt: null,
    finishedAt: null,
    queuePosition: null,
    waitingReason: null,
    starred: false,
    isMine: true,
    mayChange: true,
    note: null,
    approval: null,
    expiresAt: null,
    parent: null,
    device: null,
    error: null,
    settings: { size: 8, styleLayers: [] },
    content: image,
    styles: [],
    latestFrame: null,
  };
}

const first = nextGallery(nothingHung, { type: "first-page", cards: [card("c", 5), card("b", 4)], totalCount: 3, hasMore: true });
const ids = ({ cards }: typeof first) => cards?.map(({ id }) => id);

test("a new session comes first and is counted, and a known one changes in its place", () => {
  const started = nextGallery(first, { type: "changed", card: card("d", 6, "QUEUED"), passes: true, oldestFirst: false });
  expect(ids(started)).toEqual(["d", "c", "b"]);
  expect(started.totalCount).toBe(4);
  const running = nextGallery(started, { type: "changed", card: card("c", 5, "RUNNING"), passes: true, oldestFirst: false });
  expect(ids(running)).toEqual(["d", "c", "b"]);
  expect(running.cards?.[1]?.status).toBe("RUNNING");
});

test("a session on a page that is not loaded yet appears with its page", () => {
  expect(nextGallery(first, { type: "changed", card: card("a", 1), passes: true, oldestFirst: false })).toBe(first);
  const all = nextGallery(first, { type: "next-page", cards: [card("b", 4), card("a", 1)], totalCount: 3, hasMore: false });
  expect(ids(all)).toEqual(["c", "b", "a"]);
});

test("a lost connection keeps the sessions, and a change of the list does not end the loss", () => {
  const lost = nextGallery(first, { type: "connection", connected: false });
  expect(lost).toEqual({ ...first, connected: false });
  expect(nextGallery(lost, { type: "connection", connected: false })).toBe(lost);
  expect(nextGallery(lost, { type: "removed", ids: ["c"] }).connected).toBe(false);
  expect(nextGallery(lost, { type: "connection", connected: true })).toEqual(first);
});

test("renamed and removed sessions change at once", () => {
  const renamed = nextGallery(first, { type: "renamed", id: "b", title: "Blue" });
  expect(renamed.cards?.[1]?.title).toBe("Blue");
  const removed = nextGallery(renamed, { type: "removed", ids: ["c"] });
  expect(ids(removed)).toEqual(["b"]);
  expect(removed.totalCount).toBe(2);
});

test("a session that no longer passes the filter disappears, an unknown one changes nothing, and several can be removed at once", () => {
  const gone = nextGallery(first, { type: "changed", card: card("c", 5, "COMPLETED"), passes: false, oldestFirst: false });
  expect([ids(gone), gone.totalCount]).toEqual([["b"], 2]);
  expect(nextGallery(first, { type: "changed", card: card("x", 9), passes: false, oldestFirst: false })).toBe(first);
  const none = nextGallery(first, { type: "removed", ids: ["b", "c", "unknown"] });
  expect([ids(none), none.totalCount]).toEqual([[], 1]);
});

test("with the oldest first, a new session comes last once all pages are loaded, and an old one takes its place", () => {
  const last = { type: "changed", card: card("d", 6), passes: true, oldestFirst: true } as const;
  const loaded = nextGallery(nothingHung, { type: "first-page", cards: [card("a", 1), card("c", 5)], totalCount: 2, hasMore: false });
  const all = nextGallery(loaded, last);
  expect(ids(all)).toEqual(["a", "c", "d"]);
  expect(ids(nextGallery(all, { ...last, card: card("b", 4) }))).toEqual(["a", "b", "c", "d"]);
  const more = { ...loaded, hasMore: true, totalCount: 9 };
  expect(nextGallery(more, last)).toBe(more);
});
