"use client";

import { remove, useRemovals } from "../../session/removals";
import { galleryTexts as texts } from "../../texts/gallery";
import { Cards } from "./cards";
import styles from "./gallery.module.css";
import { type GalleryFilter, noFilter } from "./gallery-filter";
import { RetentionNote } from "./retention-note";
import { SessionCard } from "./session-card";
import { useGallery } from "./use-gallery";
import { useStacks } from "./use-stacks";
import { usualSize } from "./use-wall-size";

/** Earlier sessions of one kind, below the page that starts new ones; nothing if there are none. */
export function Gallery({ kind }: { kind: NonNullable<GalleryFilter["kind"]> }) {
  const { gallery, failure, actions } = useGallery({ ...noFilter, kind });
  const { hidden } = useRemovals();
  const { totalCount, connected } = gallery;
  const cards = gallery.cards?.filter(({ id }) => !hidden.has(id)) ?? null;
  const hiddenCount = (gallery.cards?.length ?? 0) - (cards?.length ?? 0);
  const { visible, stackOf } = useStacks(cards ?? []);
  if (!failure && connected && !cards?.length) return <RetentionNote />;
  return (
    <section className={styles.gallery} aria-labelledby="gallery-title">
      <h2 id="gallery-title" className={styles.title}>
        {texts.kinds[kind]} {cards && <span className={styles.count}>{Math.max(0, totalCount - hiddenCount)}</span>}
      </h2>
      <RetentionNote />
      <Cards
        gallery={{ ...gallery, cards: cards && visible }}
        failure={failure}
        actions={actions}
        size={usualSize}
        endless={false}
        empty={texts.empty}
        card={(card) => (
          <SessionCard
            key={card.id}
            card={card}
            showKind={false}
            actions={actions}
            stack={stackOf(card.id)}
            onRemove={() => remove([card])}
          />
        )}
      />
    </section>
  );
}
