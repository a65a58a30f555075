import { useId, useRef, useState } from "react";
import { displayUrl } from "../parts/display-url";
import headings from "../parts/headings.module.css";
import { Notice } from "../parts/notice";
import bar from "../parts/progress-bar.module.css";
import { formatShare } from "../parts/share";
import button from "../parts/text-button.module.css";
import { pictureTexts as texts } from "../texts/pictures";
import { CameraButton } from "./camera-button";
import { OwnPictures } from "./own-pictures";
import styles from "./picture-well.module.css";
import { receivePictures } from "./received";
import type { Choice } from "./use-choice";

interface Props {
  title: string;
  choice: Choice;
  /** Called when this well is used, so that a pasted picture goes to it. */
  onTouch?(): void;
}

/** A place for one picture: click to open a file, drop files or the picture of another page, or choose a sample. */
export function PictureWell({ title, choice, onTouch }: Props) {
  const id = useId();
  const [hovered, setHovered] = useState(false);
  const { options, chosen, pending, failure } = choice;
  const input = useRef<HTMLInputElement>(null);
  // A format that this browser cannot show has no preview.
  const [unshown, setUnshown] = useState<string | null>(null);
  const preview = pending && pending.url !== unshown ? pending.url : null;

  return (
    <section className={styles.well} aria-labelledby={id} onPointerDown={onTouch} onFocus={onTouch}>
      <header className={styles.header}>
        <h2 id={id} className={headings.part}>
          {title}
        </h2>
        <p className={styles.name}>{pending ? texts.uploading(pending.name, formatShare(pending.progress)) : chosen.title}</p>
        {pending && (
          <button type="button" className={button.accent} onClick={choice.cancel}>
            {texts.cancel}
          </button>
        )}
      </header>
      {/* biome-ignore lint/a11y: clicking and dropping are further ways beside the file button. */}
      <div
        className={styles.picture}
        data-hovered={hovered}
        data-pending={pending !== null}
        title={texts.drop}
        onClick={() => input.current?.click()}
        onDragOver={(event) => {
          event.preventDefault();
          setHovered(true);
        }}
        onDragLeave={() => setHovered(false)}
        onDrop={(event) => {
          event.preventDefault();
          setHovered(false);
          onTouch?.();
          receivePictures(event.dataTransfer, choice);
        }}
      >
        {/* biome-ignore lint/performance/noImgElement: an export has no image optimiser. */}
        <img
          src={preview ?? displayUrl(chosen.url, 512)}
          alt={pending?.name ?? chosen.title}
          onError={() => preview && setUnshown(preview)}
          draggable={false}
        />
        {pending && <progress className={bar.bar} value={pending.progress} max={1} aria-label={texts.uploadingHelp} />}
      </div>
      {failure && <Notice>{failure}</Notice>}
      <div className={styles.strip}>
        <label className={styles.open}>
          <input
            ref={input}
            type="file"
            accept="image/*"
            multiple
            aria-label={texts.open(title)}
            onChange={(event) => {
              const [first, ...others] = event.target.files ?? [];
              if (first) void choice.take(first);
              void choice.offer(others);
              event.target.value = "";
            }}
          />
          <span aria-hidden="true">+</span>
        </label>
        <OwnPictures name={title} onPick={choice.add} />
        <CameraButton name={title} onTake={(file) => void choice.take(file)} />
        <div className={styles.options} role="radiogroup" aria-labelledby={id}>
          {options.map(({ url, title: name }) => (
            <label key={url} className={`cropped ${styles.option}`} title={name}>
              <input type="radio" name={id} checked={url === chosen.url} aria-label={name} onChange={() => choice.choose(url)} />
              {/* biome-ignore lint/performance/noImgElement: an export has no image optimiser. */}
              <img src={displayUrl(url, 64)} alt="" loading="lazy" draggable={false} />
            </label>
          ))}
        </div>
      </div>
    </section>
  );
}
