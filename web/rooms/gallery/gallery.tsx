"use client";

import { useState } from "react";
import { Notice } from "../../parts/notice";
import styles from "./gallery.module.css";
import { SessionCard } from "./session-card";
import { type GalleryKind, useGallery } from "./use-gallery";

const titles = { STYLE_TRANSFER: "Paintings", TRANSLATION: "Translations" } as const;

/** Earlier sessions of one kind or of all, newest first. One that has a page to itself is there when it is empty, too. */
export function Gallery({ kind }: { kind: GalleryKind }) {
  const { gallery, failure, actions } = useGallery(kind);
  const [loading, setLoading] = useState(false);
  const [pageFailure, setPageFailure] = useState<string | null>(null);
  const { cards, totalCount, hasMore, connected } = gallery;
  if (kind && !failure && connected && !cards?.length) return null;
  const Heading = kind ? "h2" : "h1";

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
    <section className={styles.gallery} data-alone={kind === null} aria-labelledby="gallery-title">
      <Heading id="gallery-title" className={styles.title}>
        {kind ? titles[kind] : "Gallery"} {cards && <span className={styles.count}>{totalCount}</span>}
      </Heading>
      {!connected && !failure && (
        <p className={styles.offline} role="status">
          The server cannot be reached. Trying again…
        </p>
      )}
      {failure && <Notice>{failure}</Notice>}
      {cards?.length === 0 && <p className={styles.offline}>Nothing hangs here yet.</p>}
      <ul className={styles.cards}>
        {cards?.map((card) => (
          <SessionCard key={card.id} card={card} showKind={kind === null} actions={actions} />
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
