import type { Card } from "../../graphql/operations";

export interface GalleryState {
  /** Null until the first page is loaded. */
  cards: readonly Card[] | null;
  totalCount: number;
  hasMore: boolean;
  /** Whether the connection for changes is open. */
  connected: boolean;
}

export type GalleryEvent =
  | { type: "first-page" | "next-page"; cards: readonly Card[]; totalCount: number; hasMore: boolean }
  /** `passes` is false for a card that no longer passes the filter. */
  | { type: "changed"; card: Card; passes: boolean; oldestFirst: boolean }
  | { type: "renamed"; id: string; title: string }
  | { type: "removed"; ids: readonly string[] }
  | { type: "connection"; connected: boolean };

export const nothingHung: GalleryState = { cards: null, totalCount: 0, hasMore: false, connected: true };

export function nextGallery(state: GalleryState, event: GalleryEvent): GalleryState {
  const cards = state.cards ?? [];
  switch (event.type) {
    case "first-page":
      return { ...state, cards: event.cards, totalCount: event.totalCount, hasMore: event.hasMore };
    case "next-page": {
      const known = new Set(cards.map(({ id }) => id));
      const added = event.cards.filter(({ id }) => !known.has(id));
      return { ...state, totalCount: event.totalCount, hasMore: event.hasMore, cards: [...cards, ...added] };
    }
    case "changed": {
      const known = cards.some(({ id }) => id === event.card.id);
      if (!event.passes) return known ? without(state, [event.card.id]) : state;
      if (known) return { ...state, cards: cards.map((card) => (card.id === event.card.id ? event.card : card)) };
      const comesAfter = (one: Card) => (event.oldestFirst ? one.createdAt > event.card.createdAt : one.createdAt < event.card.createdAt);
      const place = cards.findIndex(comesAfter);
      // Behind the last card, it belongs to a page that is not loaded yet.
      if (place < 0 && state.hasMore && cards.length > 0) return state;
      const at = place < 0 ? cards.length : place;
      return { ...state, cards: [...cards.slice(0, at), event.card, ...cards.slice(at)], totalCount: state.totalCount + 1 };
    }
    case "renamed":
      return { ...state, cards: cards.map((card) => (card.id === event.id ? { ...card, title: event.title } : card)) };
    case "removed":
      return without(state, event.ids);
    case "connection":
      return state.connected === event.connected ? state : { ...state, connected: event.connected };
  }
}

function without(state: GalleryState, ids: readonly string[]): GalleryState {
  const left = (state.cards ?? []).filter(({ id }) => !ids.includes(id));
  const gone = (state.cards?.length ?? 0) - left.length;
  return { ...state, cards: left, totalCount: Math.max(0, state.totalCount - gone) };
}
