import Link from "next/link";
import type { Card, PaintingStatus } from "../../graphql/operations";
import { isOver } from "../painting/painting-state";
import { DeleteDialog } from "./delete-dialog";
import styles from "./gallery.module.css";
import { RenameDialog } from "./rename-dialog";
import type { GalleryActions } from "./use-gallery";

const statusNames: Record<PaintingStatus, string> = {
  QUEUED: "Waiting",
  RUNNING: "Painting",
  PAUSED: "Paused",
  COMPLETED: "Finished",
  CANCELLED: "Cancelled",
  FAILED: "Failed",
};

/** One earlier painting with what may be done to it. */
export function PaintingCard({ card, actions }: { card: Card; actions: GalleryActions }) {
  const { id, status, settings, latestFrame, content } = card;
  const title = card.title ?? "Untitled";
  return (
    <li className={styles.card}>
      <Link href={`/s?id=${encodeURIComponent(id)}`} className={styles.link}>
        <span className={styles.thumbnail}>
          {/* biome-ignore lint/performance/noImgElement: an export has no image optimiser, and these paths are immutable. */}
          <img src={latestFrame?.url ?? content.url} alt="" loading="lazy" />
        </span>
        <span className={styles.name}>{title}</span>
      </Link>
      <p className={styles.facts}>
        <span className={styles.status} data-status={status}>
          {statusNames[status]}
        </span>
        <time dateTime={card.createdAt}>{formatDay(card.createdAt)}</time>
        <span>{settings.size} px</span>
      </p>
      <div className={styles.actions}>
        <RenameDialog title={title} onRename={(next) => actions.rename(id, next)} />
        {isOver(status) && <DeleteDialog title={title} onDelete={() => actions.remove(id)} />}
      </div>
    </li>
  );
}

function formatDay(instant: string): string {
  return new Date(instant).toLocaleString(undefined, { day: "numeric", month: "short", hour: "2-digit", minute: "2-digit" });
}
