import { useId, useState } from "react";
import { displayUrl } from "../parts/display-url";
import headings from "../parts/headings.module.css";
import { Notice } from "../parts/notice";
import { pictureTexts as texts } from "../texts/pictures";
import { CameraButton } from "./camera-button";
import { OwnPictures } from "./own-pictures";
import styles from "./picture-well.module.css";
import type { Choice } from "./use-choice";

interface Props {
  title: string;
  choice: Choice;
  /** Called when this well is used, so that a pasted picture goes to it. */
  onTouch?(): void;
}

/** A place for one picture: drop it, upload it, or choose a sample. */
export function PictureWell({ title, choice, onTouch }: Props) {
  const id = useId();
  const [hovered, setHovered] = useState(false);
  const { options, chosen, uploading, failure } = choice;

  function take(files: FileList | null) {
    const file = files?.[0];
    if (file) void choice.take(file);
  }

  return (
    <section className={styles.well} aria-labelledby={id} onPointerDown={onTouch} onFocus={onTouch}>
      <header className={styles.header}>
        <h2 id={id} className={headings.part}>
          {title}
        </h2>
        <p className={styles.name}>{uploading ? texts.uploading : chosen.title}</p>
      </header>
      {/* biome-ignore lint/a11y/noStaticElementInteractions: dropping is a second way beside the file button. */}
      <div
        className={styles.picture}
        data-hovered={hovered}
        onDragOver={(event) => {
          event.preventDefault();
          setHovered(true);
        }}
        onDragLeave={() => setHovered(false)}
        onDrop={(event) => {
          event.preventDefault();
          setHovered(false);
          onTouch?.();
          take(event.dataTransfer.files);
        }}
      >
        {/* biome-ignore lint/performance/noImgElement: an export has no image optimiser. */}
        <img src={displayUrl(chosen.url, 512)} alt={chosen.title} />
      </div>
      {failure && <Notice>{failure}</Notice>}
      <div className={styles.strip}>
        <label className={styles.open}>
          <input
            type="file"
            accept="image/*"
            aria-label={texts.open(title)}
            onChange={(event) => {
              take(event.target.files);
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
              <img src={displayUrl(url, 64)} alt="" loading="lazy" />
            </label>
          ))}
        </div>
      </div>
    </section>
  );
}
