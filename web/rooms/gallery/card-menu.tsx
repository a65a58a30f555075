import { useRouter } from "next/navigation";
import { DropdownMenu } from "radix-ui";
import { useRef, useState } from "react";
import type { Card } from "../../graphql/operations";
import { NoteDialog } from "../../parts/note-dialog";
import { FailureNotice } from "../../parts/notice";
import { RenameDialog } from "../../parts/rename-dialog";
import { useAttempt } from "../../parts/use-attempt";
import { canBeDeleted } from "../../session/session-state";
import { galleryTexts as texts } from "../../texts/gallery";
import styles from "./card-menu.module.css";
import type { GalleryActions } from "./use-gallery";

interface Props {
  card: Card;
  /** Id of the picture that it was made from; null where no gallery of that picture is offered. */
  image: string | null;
  actions: GalleryActions;
  onRemove(): void;
}

/** What can be done with a session of the gallery. */
export function CardMenu({ card, image, actions, onRemove }: Props) {
  const { id, status, note } = card;
  const title = card.title ?? texts.untitled;
  const router = useRouter();
  const [dialog, setDialog] = useState<"rename" | "note" | null>(null);
  const { failure, attempt } = useAttempt();
  const trigger = useRef<HTMLButtonElement>(null);
  const opened = (name: typeof dialog) => ({
    open: dialog === name,
    onOpenChange: (open: boolean) => setDialog(open ? name : null),
    returnFocus: trigger,
  });
  const item = (text: string, onSelect: () => void) => (
    <DropdownMenu.Item className={styles.item} onSelect={onSelect}>
      {text}
    </DropdownMenu.Item>
  );
  return (
    <>
      <DropdownMenu.Root modal={false}>
        <DropdownMenu.Trigger ref={trigger} className={`bare ${styles.trigger}`} aria-label={texts.actionsFor(title)}>
          <svg viewBox="0 0 20 20" aria-hidden="true">
            <circle cx="4" cy="10" r="1.6" />
            <circle cx="10" cy="10" r="1.6" />
            <circle cx="16" cy="10" r="1.6" />
          </svg>
        </DropdownMenu.Trigger>
        <DropdownMenu.Portal>
          <DropdownMenu.Content className={styles.menu} align="end" sideOffset={4} collisionPadding={8}>
            {item(texts.rename, () => setDialog("rename"))}
            {item(texts.note, () => setDialog("note"))}
            {image && item(texts.samePictureShort, () => router.push(`/gallery?image=${image}`))}
            {canBeDeleted(status) ? item(texts.delete, onRemove) : item(texts.stop, () => void attempt(() => actions.stop(card)))}
          </DropdownMenu.Content>
        </DropdownMenu.Portal>
      </DropdownMenu.Root>
      <RenameDialog title={title} onRename={(next) => actions.rename(id, next)} opened={opened("rename")} />
      <NoteDialog title={title} note={note} onWrite={(next) => actions.write(id, next)} {...opened("note")} />
      <FailureNotice error={failure} />
    </>
  );
}
