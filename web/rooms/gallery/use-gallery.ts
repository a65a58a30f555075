import { useEffect, useReducer, useRef, useState } from "react";
import { execute, messageOf } from "../../graphql/execute";
import {
  AnnotateSession,
  CancelSession,
  type Card,
  GalleryEvents,
  GalleryQuery,
  PauseSession,
  RemovalEvents,
  RenameSession,
} from "../../graphql/operations";
import { type SubscriptionTo, useSubscription } from "../../graphql/use-subscription";
import { type GalleryFilter, passes, toEventFilter, toSessionFilter } from "./gallery-filter";
import { type GalleryEvent, type GalleryState, nextGallery, nothingHung } from "./gallery-state";

const PAGE = 24;

export interface GalleryActions {
  loadMore(): Promise<void>;
  rename(id: string, title: string): Promise<void>;
  star(id: string, starred: boolean): Promise<void>;
  /** Writes a note about a session; a blank one removes it. */
  write(id: string, note: string): Promise<void>;
  /** Stops a session; a painting is only paused. The card changes when the server reports the new status. */
  stop(card: Card): Promise<void>;
}

/** Earlier sessions that pass a filter, kept up to date. */
export function useGallery(filter: GalleryFilter): { gallery: GalleryState; failure: string | null; actions: GalleryActions } {
  const [gallery, dispatch] = useReducer(nextGallery, nothingHung);
  const [failure, setFailure] = useState<string | null>(null);
  const cursor = useRef<string | null>(null);

  /** For each page that is being loaded, what has happened since: the page may be older than that. */
  const loads = useRef(new Set<GalleryEvent[]>());

  /** The filter whose cards are shown; a page of another one comes too late. */
  const key = JSON.stringify(filter);
  const newestKey = useRef(key);
  useEffect(() => {
    newestKey.current = key;
  });

  async function load(after: string | null, signal?: AbortSignal) {
    const meanwhile: GalleryEvent[] = [];
    loads.current.add(meanwhile);
    try {
      const { sessions } = await execute(
        GalleryQuery,
        { first: PAGE, after, filter: toSessionFilter(filter), order: filter.oldestFirst ? "OLDEST" : "NEWEST" },
        signal,
      );
      if (newestKey.current !== key) return;
      setFailure(null);
      cursor.current = sessions.pageInfo.endCursor;
      const cards = sessions.edges.map(({ node }) => node);
      const { totalCount, pageInfo } = sessions;
      dispatch({ type: after === null ? "first-page" : "next-page", cards, totalCount, hasMore: pageInfo.hasNextPage });
      for (const event of meanwhile) dispatch(event);
    } finally {
      loads.current.delete(meanwhile);
    }
  }

  function happened(event: GalleryEvent) {
    dispatch(event);
    for (const meanwhile of loads.current) meanwhile.push(event);
  }

  useSubscription(key, (_key, signal) => ({
    document: GalleryEvents,
    variables: () => ({ filter: toEventFilter(filter) }),
    load: () => load(null, signal),
    reloads: true,
    onEvent: ({ sessions }) =>
      happened({ type: "changed", card: sessions, passes: passes(filter, sessions), oldestFirst: filter.oldestFirst }),
    onConnection: (connected) => dispatch({ type: "connection", connected }),
    onFailure: (error) => setFailure(messageOf(error)),
  }));

  useSubscription(
    "removals",
    (): SubscriptionTo<typeof RemovalEvents> => ({
      document: RemovalEvents,
      variables: () => ({}),
      onEvent: ({ sessionRemovals }) => happened({ type: "removed", ids: [sessionRemovals] }),
      // The subscription above shows what is wrong.
      onFailure: () => undefined,
    }),
  );

  return {
    gallery,
    failure,
    actions: {
      loadMore: () => load(cursor.current),
      async rename(id, title) {
        await execute(RenameSession, { id, title });
        happened({ type: "renamed", id, title });
      },
      // The card changes with the event of the change.
      async star(id, starred) {
        await execute(AnnotateSession, { id, starred });
      },
      async write(id, note) {
        await execute(AnnotateSession, { id, note });
      },
      async stop({ id, __typename }) {
        await (__typename === "StyleTransferSession" ? execute(PauseSession, { id }) : execute(CancelSession, { id }));
      },
    },
  };
}
