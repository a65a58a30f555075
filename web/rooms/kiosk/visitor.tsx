import { type Dispatch, useEffect, useRef, useState } from "react";
import { openCamera } from "../../camera/camera";
import type { PictureSource } from "../../camera/source";
import { takePicture } from "../../camera/take-picture";
import { uploadPicture } from "../../graphql/upload";
import { displayUrl } from "../../parts/display-url";
import type { Sample } from "../../pictures/samples";
import type { KioskTexts } from "../../texts/kiosk/kiosk-texts";
import styles from "./kiosk.module.css";
import { LEASE_S } from "./lease";
import type { KioskEvent } from "./machine";

const COUNT_FROM = 3;

const FILE_NAME = "visitor.jpg";

interface ChoosingProps {
  texts: KioskTexts;
  choices: readonly Sample[];
  keep: boolean;
  dispatch: Dispatch<KioskEvent>;
}

/** The screen on which a visitor chooses a style. */
export function Choosing({ texts, choices, keep, dispatch }: ChoosingProps) {
  return (
    <section className={styles.choosing} aria-labelledby="kiosk-choose">
      <h2 id="kiosk-choose" className={styles.question}>
        {texts.choose}
      </h2>
      <ul className={styles.choices}>
        {choices.map(({ url, title }, place) => (
          <li key={url}>
            <button type="button" className={`bare ${styles.choice}`} onClick={() => dispatch({ type: "styled", styleUrl: url })}>
              {/* biome-ignore lint/performance/noImgElement: an export has no image optimiser. */}
              <img src={displayUrl(url, 512)} alt="" />
              <span>{title || texts.style(place + 1)}</span>
            </button>
          </li>
        ))}
      </ul>
      <p className={styles.small}>{keep ? texts.privacyKept : texts.privacy}</p>
      <button type="button" className={styles.back} onClick={() => dispatch({ type: "left" })}>
        {texts.back}
      </button>
    </section>
  );
}

/** Counts down in front of the camera, takes the picture and uploads it. Without a camera the loop goes on. */
export function Counting({ texts, keep, dispatch }: { texts: KioskTexts; keep: boolean; dispatch: Dispatch<KioskEvent> }) {
  const place = useRef<HTMLDivElement>(null);
  const [source, setSource] = useState<PictureSource | null>(null);
  const [count, setCount] = useState(COUNT_FROM);
  const [failed, setFailed] = useState<"camera" | "upload" | null>(null);

  useEffect(() => {
    let left = false;
    let opened: PictureSource | null = null;
    const fail = () => {
      if (!left) setFailed("camera");
    };
    openCamera(null, fail).then((camera) => {
      opened = camera;
      if (left) return camera.close();
      place.current?.replaceChildren(camera.element);
      setSource(camera);
    }, fail);
    return () => {
      left = true;
      opened?.close();
    };
  }, []);

  useEffect(() => {
    if (!source || failed) return;
    if (count > 0) {
      const timer = setTimeout(() => setCount(count - 1), 1000);
      return () => clearTimeout(timer);
    }
    let left = false;
    takePicture(source, FILE_NAME)
      .then((photo) => uploadPicture(photo, keep ? {} : { expiresIn: LEASE_S }))
      .then(
        ({ id }) => !left && dispatch({ type: "taken", imageId: id }),
        () => !left && setFailed("upload"),
      );
    return () => {
      left = true;
    };
  }, [source, count, failed, keep, dispatch]);

  useEffect(() => {
    if (!failed) return;
    const timer = setTimeout(() => dispatch({ type: "left" }), 4000);
    return () => clearTimeout(timer);
  }, [failed, dispatch]);

  const problem = failed && (failed === "camera" ? texts.noCamera : texts.notNow);
  return (
    <section className={styles.counting} aria-live="assertive">
      <div ref={place} className={styles.mirror} />
      <p className={styles.count}>{problem ?? (count > 0 ? count : texts.waiting)}</p>
      <p className={styles.small}>{texts.look}</p>
      <button type="button" className={styles.back} onClick={() => dispatch({ type: "left" })}>
        {texts.back}
      </button>
    </section>
  );
}
