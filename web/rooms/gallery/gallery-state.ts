import type { Card } from "../../graphql/operations";

export interface GalleryState {
  /** Null until the first page is there. */
  cards: readonly Card[] | null;
  totalCount: number;
  hasMore: boolean;
}

export type GalleryEvent =
  | { type: "first-page" | "next-page"; cards: readonly Card[]; totalCount: number; hasMore: boolean }
  | { type: "changed"; card: Card }
  | { type: "renamed"; id: string; title: string }
  | { type: "removed"; id: string };

export const nothingHung: GalleryState = { cards: null, totalCount: 0, hasMore: false };

export function nextGallery(state: GalleryState, event: GalleryEvent): GalleryState {
  const cards = state.cards ?? [];
  switch (event.type) {
    case "first-page":
      return { cards: event.cards, totalCount: event.totalCount, hasMore: event.hasMore };
    case "next-page": {
      const known = new Set(cards.map(({ id }) => id));
      return { totalCount: event.totalCount, hasMore: event.hasMore, cards: [...cards, ...event.cards.filter(({ id }) => !known.has(id))] };
    }
    case "changed": {
      const known = cards.some(({ id }) => id === event.card.id);
      if (known) return { ...state, cards: cards.map((card) => (card.id === event.card.id ? event.card : card)) };
      // An old session on a page that is not loaded yet has its place there.
      const oldest = cards.at(-1);
      if (state.hasMore && oldest && event.card.createdAt < oldest.createdAt) return state;
      return { ...state, cards: [event.card, ...cards], totalCount: state.totalCount + 1 };
    }
    case "renamed":
      return { ...state, cards: cards.map((card) => (card.id === event.id ? { ...card, title: event.title } : card)) };
    case "removed":
      return { ...state, cards: cards.filter(({ id }) => id !== event.id), totalCount: Math.max(0, state.totalCount - 1) };
  }
}
