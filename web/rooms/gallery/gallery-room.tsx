"use client";

import Link from "next/link";
import { useRouter, useSearchParams } from "next/navigation";
import { useState } from "react";
import floating from "../../parts/floating.module.css";
import { FailureNotice } from "../../parts/notice";
import button from "../../parts/text-button.module.css";
import { useAttempt } from "../../parts/use-attempt";
import { QueueDialog } from "../../session/queue/queue-dialog";
import { remove, useRemovals } from "../../session/removals";
import { canBeDeleted } from "../../session/session-state";
import { galleryTexts as texts } from "../../texts/gallery";
import { Cards } from "./cards";
import { FilterBar } from "./filter-bar";
import styles from "./gallery.module.css";
import { filterOf, isFiltered, queryOf } from "./gallery-filter";
import { RetentionNote } from "./retention-note";
import { nothingSelected, selected, stillThere, toggled } from "./selection";
import { SessionCard } from "./session-card";
import { useGallery } from "./use-gallery";
import { useStacks } from "./use-stacks";
import { useWallSize } from "./use-wall-size";

const MOST_COMPARED = 4;

/** All sessions of this server, to find, compare and delete. */
export function GalleryRoom() {
  const filter = filterOf(new URLSearchParams(useSearchParams().toString()));
  const router = useRouter();
  const { gallery, failure, actions } = useGallery(filter);
  const [selection, setSelection] = useState(nothingSelected);
  const { hidden } = useRemovals();
  const { busy, failure: refused, attempt } = useAttempt();
  const [size, setSize] = useWallSize();

  const shown = (gallery.cards ?? []).filter(({ id }) => !hidden.has(id));
  const hiddenCount = (gallery.cards?.length ?? 0) - shown.length;
  const { visible, stackOf } = useStacks(shown);
  const everything = shown.map(({ id }) => id);
  const order = visible.map(({ id }) => id);
  const { ids } = stillThere(selection, everything);
  const chosen = shown.filter(({ id }) => ids.has(id));
  const removable = chosen.filter(({ status }) => canBeDeleted(status));
  const working = chosen.filter(({ status }) => !canBeDeleted(status));
  const comparable =
    chosen.length >= 2 && chosen.length <= MOST_COMPARED && chosen.every((card) => card.__typename === "StyleTransferSession");

  return (
    <section className={styles.gallery} data-alone="true" aria-labelledby="gallery-title">
      <h1 id="gallery-title" className={styles.title}>
        {texts.title} {gallery.cards && <span className={styles.count}>{Math.max(0, gallery.totalCount - hiddenCount)}</span>}
      </h1>
      <RetentionNote />
      <QueueDialog />
      <FilterBar
        filter={filter}
        size={size}
        onSize={setSize}
        onChange={(next) => {
          setSelection(nothingSelected);
          router.push(`/gallery${queryOf(next)}`, { scroll: false });
        }}
      />
      {order.length > 0 && (
        <button type="button" className={button.quiet} onClick={() => setSelection(selected(everything))}>
          {texts.selectAll}
        </button>
      )}
      <Cards
        gallery={{ ...gallery, cards: gallery.cards && visible }}
        size={size}
        failure={failure}
        actions={actions}
        endless
        empty={isFiltered(filter) ? texts.nothingFound : texts.empty}
        card={(card) => (
          <SessionCard
            key={card.id}
            card={card}
            showKind={filter.kind === null}
            actions={actions}
            onRemove={() => remove([card])}
            selected={ids.has(card.id)}
            stack={stackOf(card.id)}
            onSelect={(range) => setSelection(toggled(selection, card.id, range, order, (id) => stackOf(id).hidden))}
          />
        )}
      />
      {chosen.length > 0 && (
        <section className={`${floating.panel} ${styles.dock}`} aria-label={texts.chosen(chosen.length)}>
          <p className={styles.chosen}>
            {texts.chosen(chosen.length)}
            {chosen.some(({ id }) => !order.includes(id)) && <span className="note"> {texts.stackedToo}</span>}
          </p>
          {comparable ? (
            <Link className="button" href={`/compare?ids=${chosen.map(({ id }) => id).join(",")}`}>
              {texts.compare}
            </Link>
          ) : (
            <p className="note">{texts.compareHint(MOST_COMPARED)}</p>
          )}
          {working.length > 0 && (
            <button
              type="button"
              className="button"
              disabled={busy}
              onClick={() => void attempt(() => Promise.all(working.map(actions.stop)))}
            >
              {texts.stopWorking(working.length)}
            </button>
          )}
          {removable.length > 0 && (
            <button type="button" className="button danger" onClick={() => remove(removable)}>
              {texts.remove(removable.length)}
            </button>
          )}
          <button type="button" className={button.quiet} onClick={() => setSelection(nothingSelected)}>
            {texts.clear}
          </button>
          <FailureNotice error={refused} />
        </section>
      )}
    </section>
  );
}
