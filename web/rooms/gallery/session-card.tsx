import Link from "next/link";
import type { CSSProperties } from "react";
import type { Card } from "../../graphql/operations";
import { shortTitle } from "../../networks/networks";
import { displayUrl, frameUrl } from "../../parts/display-url";
import { LastingImage } from "../../parts/lasting-image";
import { StarButton } from "../../parts/star-button";
import { keepsHidden } from "../../session/sharing/approval-note";
import { accessTexts } from "../../texts/access";
import { galleryTexts as texts } from "../../texts/gallery";
import { statusNames } from "../../texts/session";
import { unitTexts as units } from "../../texts/units";
import { CardMenu } from "./card-menu";
import styles from "./gallery.module.css";
import type { GalleryActions } from "./use-gallery";
import type { CardStack } from "./use-stacks";

/** Width of a picture, CSS px, that its thumbnail has pixels for on a screen with two for each. */
const THUMBNAIL = 256;

/** A picture that is narrower or wider than this has borders, so that its text has room and the row its height. */
const NARROWEST_RATIO = 0.6;
const WIDEST_RATIO = 3;

interface Props {
  card: Card;
  /** Whether a translation is marked as one, among paintings. */
  showKind: boolean;
  actions: GalleryActions;
  onRemove(): void;
  selected?: boolean;
  /** Its family, where branches are stacked. */
  stack?: CardStack;
  /** Called when the checkbox is clicked, with `range` for Shift. Left out where cards cannot be selected. */
  onSelect?(range: boolean): void;
}

/** One earlier session on the wall, in its true proportions, with its actions. */
export function SessionCard({ card, showKind, actions, onRemove, selected = false, stack, onSelect }: Props) {
  const { id, status, note, starred } = card;
  const title = card.title ?? texts.untitled;
  const { picture, image, kind, doing, fact, extent } = factsOf(card);
  const ratio = Math.min(WIDEST_RATIO, Math.max(NARROWEST_RATIO, extent ? extent.width / extent.height : 1));
  return (
    <li
      className={styles.card}
      data-selected={selected}
      data-family={stack?.family}
      data-stacked={stack !== undefined && stack.others > 0 && !stack.open}
      style={{ "--ratio": ratio } as CSSProperties}
    >
      <div className={styles.thumb}>
        <Link href={`/s?id=${encodeURIComponent(id)}`} className={styles.link} title={title}>
          <span className={styles.thumbnail}>
            {picture && <LastingImage src={picture} alt="" loading="lazy" />}
            {showKind && kind && <span className={styles.kind}>{kind}</span>}
          </span>
          <span className={styles.name}>{title}</span>
        </Link>
        {onSelect && card.mayChange && (
          <label className={styles.select}>
            <input
              type="checkbox"
              checked={selected}
              aria-label={texts.select(title)}
              onChange={(event) => onSelect(event.nativeEvent instanceof MouseEvent && event.nativeEvent.shiftKey)}
            />
          </label>
        )}
        {stack && stack.others > 0 && (
          <button
            type="button"
            className={`bare ${styles.stack}`}
            aria-expanded={stack.open}
            aria-label={stack.open ? texts.restack(title) : texts.unstack(title, stack.others)}
            title={stack.open ? texts.restack(title) : texts.unstack(title, stack.others)}
            onClick={stack.turn}
          >
            {stack.open ? "−" : texts.stack(stack.others)}
          </button>
        )}
      </div>
      <div className={styles.foot}>
        <p className={styles.facts}>
          {status !== "COMPLETED" && (
            <span className={styles.status} data-status={status}>
              {status === "RUNNING" ? doing : statusNames[status]}
            </span>
          )}
          <time dateTime={card.createdAt} title={new Date(card.createdAt).toLocaleString()}>
            {formatWhen(card.createdAt)}
          </time>
          <span>{fact}</span>
          {!card.isMine && <span>{accessTexts.notMine}</span>}
          {keepsHidden(card.approval) && <span>{accessTexts.approval.short[card.approval]}</span>}
        </p>
        {card.mayChange && (
          <>
            <StarButton title={title} starred={starred} className={styles.star} onStar={(next) => actions.star(id, next)} />
            <CardMenu card={card} image={onSelect ? image : null} actions={actions} onRemove={onRemove} />
          </>
        )}
      </div>
      {note && (
        <p className={styles.note} title={note}>
          {note}
        </p>
      )}
    </li>
  );
}

/** The parts of a card that differ by kind: picture, source image, kind, activity and one more fact. */
function factsOf(card: Card) {
  const { latestFrame } = card;
  const newest = latestFrame && frameUrl(latestFrame, THUMBNAIL);
  if (card.__typename === "StyleTransferSession") {
    return {
      picture: newest ?? displayUrl(card.content.url, THUMBNAIL),
      extent: latestFrame ?? card.content,
      image: card.content.id,
      kind: null,
      doing: texts.painting.doing,
      fact: units.pixels(card.settings.size),
    };
  }
  return {
    picture: newest ?? (card.source && displayUrl(card.source.url, THUMBNAIL)),
    extent: latestFrame ?? card.source,
    image: card.source?.id ?? null,
    kind: texts.translation.kind,
    doing: texts.translation.doing,
    fact: shortTitle(card.model.title),
  };
}

/** The time of an instant of today, else its day. */
function formatWhen(instant: string): string {
  const [then, now] = [new Date(instant), new Date()];
  if (then.toDateString() === now.toDateString()) return then.toLocaleTimeString(undefined, { hour: "2-digit", minute: "2-digit" });
  const year = then.getFullYear() === now.getFullYear() ? {} : ({ year: "numeric" } as const);
  return then.toLocaleDateString(undefined, { day: "numeric", month: "short", ...year });
}
