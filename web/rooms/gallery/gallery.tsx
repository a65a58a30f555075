"use client";

import { galleryTexts as texts } from "../../texts/gallery";
import { Cards } from "./cards";
import styles from "./gallery.module.css";
import { type GalleryFilter, noFilter } from "./gallery-filter";
import { SessionCard } from "./session-card";
import { useGallery } from "./use-gallery";

/** Earlier sessions of one kind, below the page that starts new ones; nothing if there are none. */
export function Gallery({ kind }: { kind: NonNullable<GalleryFilter["kind"]> }) {
  const { gallery, failure, actions } = useGallery({ ...noFilter, kind });
  const { cards, totalCount, connected } = gallery;
  if (!failure && connected && !cards?.length) return null;
  return (
    <section className={styles.gallery} aria-labelledby="gallery-title">
      <h2 id="gallery-title" className={styles.title}>
        {texts.kinds[kind]} {cards && <span className={styles.count}>{totalCount}</span>}
      </h2>
      <Cards
        gallery={gallery}
        failure={failure}
        actions={actions}
        endless={false}
        empty={texts.empty}
        card={(card) => <SessionCard key={card.id} card={card} showKind={false} actions={actions} />}
      />
    </section>
  );
}
