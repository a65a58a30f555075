import Link from "next/link";
import type { Card } from "../../graphql/operations";
import { shortTitle } from "../../networks/networks";
import { displayUrl } from "../../parts/display-url";
import { FailureNotice } from "../../parts/notice";
import { RenameDialog } from "../../parts/rename-dialog";
import button from "../../parts/text-button.module.css";
import { useAttempt } from "../../parts/use-attempt";
import { canBeDeleted } from "../../session/session-state";
import { galleryTexts as texts } from "../../texts/gallery";
import { statusNames } from "../../texts/session";
import { unitTexts as units } from "../../texts/units";
import styles from "./gallery.module.css";
import type { GalleryActions } from "./use-gallery";

interface Props {
  card: Card;
  showKind: boolean;
  actions: GalleryActions;
  onRemove(): void;
  selected?: boolean;
  /** Called when the checkbox is clicked, with `range` for Shift. Left out where cards cannot be selected. */
  onSelect?(range: boolean): void;
}

/** One earlier session with its actions. */
export function SessionCard({ card, showKind, actions, onRemove, selected = false, onSelect }: Props) {
  const { id, status } = card;
  const title = card.title ?? texts.untitled;
  const { picture, image, kind, doing, fact } = factsOf(card);
  return (
    <li className={styles.card} data-selected={selected}>
      <div className={styles.thumb}>
        <Link href={`/s?id=${encodeURIComponent(id)}`} className={styles.link}>
          <span className={`cropped ${styles.thumbnail}`}>
            {/* biome-ignore lint/performance/noImgElement: an export has no image optimiser, and these paths are immutable. */}
            {picture && <img src={picture} alt="" loading="lazy" />}
            {showKind && <span className={styles.kind}>{kind}</span>}
          </span>
          <span className={styles.name}>{title}</span>
        </Link>
        {onSelect && (
          <label className={styles.select}>
            <input
              type="checkbox"
              checked={selected}
              aria-label={texts.select(title)}
              onChange={(event) => onSelect(event.nativeEvent instanceof MouseEvent && event.nativeEvent.shiftKey)}
            />
          </label>
        )}
      </div>
      <p className={styles.facts}>
        <span className={styles.status} data-status={status}>
          {status === "RUNNING" ? doing : statusNames[status]}
        </span>
        <time dateTime={card.createdAt}>{formatDay(card.createdAt)}</time>
        <span>{fact}</span>
      </p>
      <div className={styles.actions}>
        <RenameDialog title={title} onRename={(next) => actions.rename(id, next)} />
        {onSelect && image && (
          <Link className={button.quiet} href={`/gallery?image=${image}`} aria-label={texts.samePicture(title)}>
            {texts.samePictureShort}
          </Link>
        )}
        {canBeDeleted(status) ? (
          <button type="button" className={button.quiet} aria-label={texts.deleteNamed(title)} onClick={onRemove}>
            {texts.delete}
          </button>
        ) : (
          <StopButton title={title} onStop={() => actions.stop(card)} />
        )}
      </div>
    </li>
  );
}

function StopButton({ title, onStop }: { title: string; onStop(): Promise<void> }) {
  const { busy, failure, attempt } = useAttempt();
  const stop = () => void attempt(onStop);
  return (
    <>
      <button type="button" className={button.quiet} aria-label={texts.stopNamed(title)} disabled={busy} onClick={stop}>
        {texts.stop}
      </button>
      <FailureNotice error={failure} />
    </>
  );
}

/** The parts of a card that differ by kind: picture, source image, kind, activity and one more fact. */
function factsOf(card: Card) {
  const newest = card.latestFrame?.url;
  if (card.__typename === "StyleTransferSession") {
    return {
      picture: newest ?? displayUrl(card.content.url, 256),
      image: card.content.id,
      kind: texts.painting.kind,
      doing: texts.painting.doing,
      fact: units.pixels(card.settings.size),
    };
  }
  return {
    picture: newest ?? (card.source && displayUrl(card.source.url, 256)),
    image: card.source?.id ?? null,
    kind: texts.translation.kind,
    doing: texts.translation.doing,
    fact: shortTitle(card.model.title),
  };
}

function formatDay(instant: string): string {
  return new Date(instant).toLocaleString(undefined, { day: "numeric", month: "short", hour: "2-digit", minute: "2-digit" });
}
