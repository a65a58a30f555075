import { type CSSProperties, type ReactNode, useEffect, useRef, useState } from "react";
import { messageOf } from "../../graphql/execute";
import type { Card } from "../../graphql/operations";
import { Notice } from "../../parts/notice";
import { galleryTexts as texts } from "../../texts/gallery";
import styles from "./gallery.module.css";
import type { GalleryState } from "./gallery-state";
import type { GalleryActions } from "./use-gallery";

/** Height of a row, rem, below which a card has room for its title alone. */
const SMALL = 9;

interface Props {
  gallery: GalleryState;
  failure: string | null;
  actions: GalleryActions;
  /** Height of a row of pictures, rem. */
  size: number;
  /** Whether more cards load when the end comes into view. */
  endless: boolean;
  /** Text for an empty gallery. */
  empty: string;
  card(card: Card): ReactNode;
}

/** The cards of a gallery, with errors and a button for more. */
export function Cards({ gallery, failure, actions, size, endless, empty, card }: Props) {
  const [loading, setLoading] = useState(false);
  const [pageFailure, setPageFailure] = useState<string | null>(null);
  const { cards, hasMore, connected } = gallery;

  async function loadMore() {
    if (loading) return;
    setLoading(true);
    setPageFailure(null);
    try {
      await actions.loadMore();
    } catch (error) {
      setPageFailure(messageOf(error));
    } finally {
      setLoading(false);
    }
  }
  // After a failure only the button loads more.
  const end = useInSight(endless && hasMore && !loading && pageFailure === null ? loadMore : null);

  return (
    <>
      {!connected && !failure && (
        <p className={styles.offline} role="status">
          {texts.offline}
        </p>
      )}
      {failure && <Notice>{failure}</Notice>}
      {cards?.length === 0 && <p className={styles.offline}>{empty}</p>}
      <ul className={styles.cards} data-small={size < SMALL} style={{ "--row": `${size}rem` } as CSSProperties}>
        {cards?.map(card)}
      </ul>
      {pageFailure && <Notice>{pageFailure}</Notice>}
      {hasMore && (
        <button ref={end} type="button" className="button" disabled={loading} onClick={loadMore}>
          {loading ? texts.loading : texts.more}
        </button>
      )}
    </>
  );
}

/** Calls `onSight` when the element comes near the window; null does nothing. */
function useInSight(onSight: (() => void) | null) {
  const element = useRef<HTMLButtonElement>(null);
  const newest = useRef(onSight);
  useEffect(() => {
    newest.current = onSight;
  });
  const watched = onSight !== null;
  useEffect(() => {
    if (!watched || !element.current) return;
    const observer = new IntersectionObserver(
      (entries) => {
        if (entries.some(({ isIntersecting }) => isIntersecting)) newest.current?.();
      },
      { rootMargin: "600px" },
    );
    observer.observe(element.current);
    return () => observer.disconnect();
  }, [watched]);
  return element;
}
