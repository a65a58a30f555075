"use client";

import { galleryTexts as texts } from "../../texts/gallery";
import { Cards } from "./cards";
import styles from "./gallery.module.css";
import { type GalleryFilter, noFilter } from "./gallery-filter";
import { RemovalNote } from "./removal-note";
import { SessionCard } from "./session-card";
import { useGallery } from "./use-gallery";
import { useRemoval } from "./use-removal";

/** Earlier sessions of one kind, below the page that starts new ones; nothing if there are none. */
export function Gallery({ kind }: { kind: NonNullable<GalleryFilter["kind"]> }) {
  const { gallery, failure, actions } = useGallery({ ...noFilter, kind });
  const removal = useRemoval(actions);
  const { totalCount, connected } = gallery;
  const cards = gallery.cards?.filter(({ id }) => !removal.pending.includes(id)) ?? null;
  const isEmpty = !cards?.length && removal.pending.length === 0;
  if (!failure && !removal.failure && connected && isEmpty) return null;
  return (
    <section className={styles.gallery} aria-labelledby="gallery-title">
      <h2 id="gallery-title" className={styles.title}>
        {texts.kinds[kind]} {cards && <span className={styles.count}>{Math.max(0, totalCount - removal.pending.length)}</span>}
      </h2>
      <Cards
        gallery={{ ...gallery, cards }}
        failure={failure}
        actions={actions}
        endless={false}
        empty={texts.empty}
        card={(card) => (
          <SessionCard key={card.id} card={card} showKind={false} actions={actions} onRemove={() => removal.remove([card.id])} />
        )}
      />
      {(removal.pending.length > 0 || removal.failure) && (
        <div className={styles.dock}>
          <RemovalNote removal={removal} />
        </div>
      )}
    </section>
  );
}
