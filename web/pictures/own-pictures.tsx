import { Dialog } from "radix-ui";
import { useState } from "react";
import { execute } from "../graphql/execute";
import { ImagesQuery, type Picture } from "../graphql/operations";
import dialog from "../parts/dialog.module.css";
import { displayUrl } from "../parts/display-url";
import { FailureNotice } from "../parts/notice";
import { useAttempt } from "../parts/use-attempt";
import { pictureTexts as texts } from "../texts/pictures";
import styles from "./own-pictures.module.css";
import well from "./picture-well.module.css";
import type { Uploaded } from "./use-choice";

const PAGE = 24;

/** Width of a picture in the list, CSS px, roughly: a list of hundreds of pictures must load quickly. */
const THUMBNAIL = 64;

/** A button that opens a list of the pictures on the server. */
export function OwnPictures({ name, onPick }: { name: string; onPick(image: Uploaded): void }) {
  const [open, setOpen] = useState(false);
  return (
    <Dialog.Root open={open} onOpenChange={setOpen}>
      <Dialog.Trigger className={well.tool} aria-label={texts.own(name)} title={texts.ownTitle}>
        <svg viewBox="0 0 24 24" aria-hidden="true">
          <path d="M3 8l2-3h5l2 3h9v11H3z" />
        </svg>
      </Dialog.Trigger>
      <Dialog.Portal>
        <div className={dialog.overlay} aria-hidden="true" />
        <Dialog.Content className={dialog.content} data-high="true">
          <Dialog.Title className={dialog.title}>{texts.ownTitle}</Dialog.Title>
          <Dialog.Description>{texts.ownHint}</Dialog.Description>
          <Pictures
            onPick={(image) => {
              onPick(image);
              setOpen(false);
            }}
          />
          <div className={dialog.actions}>
            <Dialog.Close className="button">{texts.close}</Dialog.Close>
          </div>
        </Dialog.Content>
      </Dialog.Portal>
    </Dialog.Root>
  );
}

function Pictures({ onPick }: { onPick(image: Picture): void }) {
  const [images, setImages] = useState<readonly Picture[]>([]);
  /** Cursor of the next page; null when there is none, "" for the first page. */
  const [next, setNext] = useState<string | null>("");
  const { busy, failure, attempt } = useAttempt();

  async function load() {
    const page = (await execute(ImagesQuery, { first: PAGE, after: next || null })).images;
    setImages((known) => [...known, ...page.edges.map(({ node }) => node)]);
    setNext(page.pageInfo.hasNextPage ? page.pageInfo.endCursor : null);
  }
  const [begun, setBegun] = useState(false);
  if (!begun) {
    setBegun(true);
    queueMicrotask(() => void attempt(load));
  }

  return (
    <>
      {images.length === 0 && !failure && <p>{next === null ? texts.ownNone : texts.loading}</p>}
      <ul className={styles.pictures}>
        {images.map((image, place) => (
          <li key={image.id}>
            <button
              type="button"
              className={`bare cropped ${styles.picture}`}
              aria-label={texts.pick(place + 1)}
              onClick={() => onPick(image)}
            >
              {/* biome-ignore lint/performance/noImgElement: an export has no image optimiser, and these paths are immutable. */}
              <img src={displayUrl(image.url, THUMBNAIL)} alt="" loading="lazy" decoding="async" />
            </button>
          </li>
        ))}
      </ul>
      <FailureNotice error={failure} />
      {next !== null && (images.length > 0 || failure !== null) && (
        <button type="button" className="button" disabled={busy} onClick={() => void attempt(load)}>
          {busy ? texts.loading : texts.more}
        </button>
      )}
    </>
  );
}
