import { useState } from "react";
import { uploadPicture } from "../../../graphql/upload";
import { displayUrl } from "../../../parts/display-url";
import headings from "../../../parts/headings.module.css";
import { FailureNotice } from "../../../parts/notice";
import button from "../../../parts/text-button.module.css";
import { useAttempt } from "../../../parts/use-attempt";
import { OwnPictures } from "../../../pictures/own-pictures";
import well from "../../../pictures/picture-well.module.css";
import { fetchPicture, receivePictures } from "../../../pictures/received";
import type { Sample } from "../../../pictures/samples";
import { setUpTexts as texts } from "../../../texts/kiosk/set-up";
import { pictureTexts } from "../../../texts/pictures";
import { isOwn } from "../options";
import styles from "./picture-group.module.css";

/** Time after which a picture of another page counts as unreachable, ms. */
const FETCH_MS = 30_000;

interface Props {
  title: string;
  help: string;
  /** One of the pictures, such as "photo". */
  name: string;
  samples: readonly Sample[];
  chosen: readonly Sample[];
  /** Receives what the pictures that are chosen by then become. */
  onChange(update: (chosen: readonly Sample[]) => readonly Sample[]): void;
}

/** A choice of several pictures among uploads and samples. */
export function PictureGroup({ title, help, name, samples, chosen, onChange }: Props) {
  const [own, setOwn] = useState(() => chosen.filter(isOwn));
  const { busy, failure, attempt } = useAttempt();
  const options = [...own, ...samples];
  const isChosen = ({ url }: Sample) => chosen.some((one) => one.url === url);

  function add(url: string) {
    const picture = { url, title: "" };
    const without = (pictures: readonly Sample[]) => pictures.filter((one) => one.url !== url);
    setOwn((known) => (known.some((one) => one.url === url) ? known : [...known, picture]));
    onChange((known) => [...without(known.filter(isOwn)), picture, ...known.filter((one) => !isOwn(one))]);
  }

  /** Uploads pictures one after the other, and chooses each. */
  function receive(loads: readonly (() => Promise<File>)[]): Promise<unknown> {
    return attempt(async () => {
      for (const load of loads) add((await uploadPicture(await load())).url);
    });
  }

  const receiver = {
    take: async (file: File) => void (await receive([async () => file])),
    offer: async (files: readonly File[]) => void (await receive(files.map((file) => async () => file))),
    takeFrom: async (address: string) => void (await receive([() => fetchPicture(address, AbortSignal.timeout(FETCH_MS))])),
  };

  return (
    <fieldset
      className={styles.group}
      onDragOver={(event) => event.preventDefault()}
      onDrop={(event) => {
        event.preventDefault();
        receivePictures(event.dataTransfer, receiver);
      }}
    >
      <legend className={headings.part}>{title}</legend>
      <div className={styles.line}>
        <p className="note">{help}</p>
        <button type="button" className={button.quiet} aria-label={texts.allOf(title)} onClick={() => onChange(() => options)}>
          {texts.all}
        </button>
        <button type="button" className={button.quiet} aria-label={texts.noneOf(title)} onClick={() => onChange(() => [])}>
          {texts.none}
        </button>
      </div>
      <div className={styles.tools}>
        <label className={well.open}>
          <input
            type="file"
            accept="image/*"
            multiple
            aria-label={pictureTexts.open(name)}
            onChange={(event) => {
              void receiver.offer([...(event.target.files ?? [])]);
              event.target.value = "";
            }}
          />
          <span aria-hidden="true">+</span>
        </label>
        <OwnPictures name={name} onPick={({ url }) => add(url)} />
        <p className="note" role="status">
          {busy ? texts.uploading : chosen.length === 0 ? texts.empty : texts.chosen(chosen.length)}
        </p>
      </div>
      <FailureNotice error={failure} />
      <ul className={styles.pictures}>
        {options.map((option, place) => (
          <li key={option.url}>
            <label className={styles.option}>
              {/* biome-ignore lint/performance/noImgElement: an export has no image optimiser. */}
              <img src={displayUrl(option.url, 64)} alt="" loading="lazy" draggable={false} />
              <input
                type="checkbox"
                checked={isChosen(option)}
                onChange={({ target: { checked } }) =>
                  onChange((known) => options.filter(({ url }) => (url === option.url ? checked : known.some((one) => one.url === url))))
                }
              />
              <span>{option.title || texts.own(place + 1)}</span>
            </label>
          </li>
        ))}
      </ul>
    </fieldset>
  );
}
