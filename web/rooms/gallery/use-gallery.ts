import { useCallback, useEffect, useMemo, useReducer, useRef, useState } from "react";
import { execute } from "../../graphql/execute";
import { CancelSession, DeleteSession, GalleryEvents, GalleryQuery, RenameSession } from "../../graphql/operations";
import { follow, untilReached } from "../../graphql/subscribe";
import { type GalleryFilter, passes, toEventFilter, toSessionFilter } from "./gallery-filter";
import { type GalleryState, nextGallery, nothingHung } from "./gallery-state";

const PAGE = 24;

export interface GalleryActions {
  loadMore(): Promise<void>;
  rename(id: string, title: string): Promise<void>;
  remove(id: string): Promise<void>;
  /** Its card changes when the server says that the session did. */
  cancel(id: string): Promise<void>;
  /** Takes cards down, before the server was told. */
  hide(ids: readonly string[]): void;
  /** Hangs the first page anew. */
  reload(): Promise<void>;
}

/** Earlier sessions that pass a filter, newest first, kept up to date. */
export function useGallery(filter: GalleryFilter): { gallery: GalleryState; failure: string | null; actions: GalleryActions } {
  const [gallery, dispatch] = useReducer(nextGallery, nothingHung);
  const [failure, setFailure] = useState<string | null>(null);
  const cursor = useRef<string | null>(null);

  const { kind, status, text, model, image } = filter;
  const stable = useMemo(() => ({ kind, status, text, model, image }), [kind, status, text, model, image]);

  const load = useCallback(
    async (after: string | null, signal?: AbortSignal) => {
      const { sessions } = await execute(GalleryQuery, { first: PAGE, after, filter: toSessionFilter(stable) }, signal);
      setFailure(null);
      cursor.current = sessions.pageInfo.endCursor;
      const cards = sessions.edges.map(({ node }) => node);
      const { totalCount, pageInfo } = sessions;
      dispatch({ type: after === null ? "first-page" : "next-page", cards, totalCount, hasMore: pageInfo.hasNextPage });
    },
    [stable],
  );

  useEffect(() => {
    const ending = new AbortController();
    const { signal } = ending;
    const onConnection = (connected: boolean) => dispatch({ type: "connection", connected });
    const report = (error: unknown) => {
      if (!signal.aborted) setFailure(error instanceof Error ? error.message : String(error));
    };
    const watch = async () => {
      await untilReached(() => load(null, signal), onConnection, signal);
      await follow({
        document: GalleryEvents,
        variables: () => ({ filter: toEventFilter(stable) }),
        onEvent: ({ sessions }) => dispatch({ type: "changed", card: sessions, passes: passes(stable, sessions.status) }),
        onConnection(connected) {
          onConnection(connected);
          // What changed before the subscription was open is not told again, so the first page is loaded anew.
          if (connected) untilReached(() => load(null, signal), onConnection, signal).catch(report);
        },
        isOver: () => false,
        signal,
      });
    };
    watch().catch(report);
    return () => ending.abort();
  }, [load, stable]);

  return {
    gallery,
    failure,
    actions: {
      loadMore: () => load(cursor.current),
      async rename(id, title) {
        await execute(RenameSession, { id, title });
        dispatch({ type: "renamed", id, title });
      },
      async remove(id) {
        await execute(DeleteSession, { id });
        dispatch({ type: "removed", ids: [id] });
      },
      async cancel(id) {
        await execute(CancelSession, { id });
      },
      hide: (ids) => dispatch({ type: "removed", ids }),
      reload: () => load(null),
    },
  };
}
