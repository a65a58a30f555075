"use client";

import { useState } from "react";
import { Notice } from "../../parts/notice";
import styles from "./gallery.module.css";
import { PaintingCard } from "./painting-card";
import { useGallery } from "./use-gallery";

/** Earlier paintings, newest first. */
export function Gallery() {
  const { gallery, failure, actions } = useGallery();
  const [loading, setLoading] = useState(false);
  const [pageFailure, setPageFailure] = useState<string | null>(null);
  const { cards, totalCount, hasMore, connected } = gallery;
  if (!failure && connected && !cards?.length) return null;

  async function loadMore() {
    setLoading(true);
    setPageFailure(null);
    try {
      await actions.loadMore();
    } catch (error) {
      setPageFailure(error instanceof Error ? error.message : String(error));
    } finally {
      setLoading(false);
    }
  }

  return (
    <section className={styles.gallery} aria-labelledby="gallery-title">
      <h2 id="gallery-title" className={styles.title}>
        Paintings {cards && <span className={styles.count}>{totalCount}</span>}
      </h2>
      {!connected && !failure && (
        <p className={styles.offline} role="status">
          The server cannot be reached. Trying again…
        </p>
      )}
      {failure && <Notice>{failure}</Notice>}
      <ul className={styles.cards}>
        {cards?.map((card) => (
          <PaintingCard key={card.id} card={card} actions={actions} />
        ))}
      </ul>
      {pageFailure && <Notice>{pageFailure}</Notice>}
      {hasMore && (
        <button type="button" className="button" disabled={loading} onClick={loadMore}>
          {loading ? "Loading…" : "Show older"}
        </button>
      )}
    </section>
  );
}
