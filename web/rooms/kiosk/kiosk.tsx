"use client";

import { useSearchParams } from "next/navigation";
import { useMemo } from "react";
import type { Frame } from "../../graphql/operations";
import { displayUrl } from "../../parts/display-url";
import { LastingImage } from "../../parts/lasting-image";
import { LiveCanvas } from "../../parts/live-canvas";
import { useAwake, useStill } from "../../parts/use-awake";
import { useServer } from "../../parts/use-server";
import type { KioskTexts } from "../../texts/kiosk/kiosk-texts";
import { kioskTexts } from "../../texts/kiosk/languages";
import styles from "./kiosk.module.css";
import { useLanguage } from "./language";
import { useLease } from "./lease";
import { type KioskState, sessionOf } from "./machine";
import { type KioskOptions, kioskOptions, kioskSetUp, pairAt } from "./options";
import { TakeHome } from "./take-home/take-home";
import { useLoop } from "./use-loop";
import { usePainting } from "./use-painting";
import { Choosing, Counting } from "./visitor";
import { captionOf } from "./words";

/** Full-screen paintings in the making, one after the other, unattended; visitors can have themselves painted. */
export function Kiosk() {
  const query = useSearchParams().toString();
  const maxSize = useServer()?.maxSize ?? null;
  const setUp = useMemo(() => kioskSetUp(new URLSearchParams(query), maxSize), [query, maxSize]);
  const language = useLanguage(setUp.language);
  const options = useMemo(() => kioskOptions(setUp, language), [setUp, language]);
  const texts = kioskTexts[language];
  const [state, dispatch] = useLoop(options);
  const sessionId = sessionOf(state);
  const lend = useLease(sessionId, options.keep);
  const { frame, connected } = usePainting(sessionId, dispatch);
  useAwake();
  const still = useStill();
  const visits = state.phase === "choosing" || state.phase === "counting";
  const caption = captionIn(texts, state, options);
  return (
    <main className={styles.kiosk} lang={language} data-still={still && !visits} data-phase={state.phase}>
      <h1 className="hidden">{texts.heading}</h1>
      <div className={styles.picture} data-behind={visits}>
        <LiveCanvas url={frame?.url ?? null} label={caption} ended={sessionId === null} onMissing={() => undefined} />
        {/* The photo is on the wall until its first step comes, and dissolves into it. */}
        <LastingImage
          className={styles.photo}
          src={photoUrl(state, options)}
          alt=""
          data-testid="kiosk-photo"
          data-shown={awaitsPicture(state, frame)}
        />
      </div>
      {state.phase === "choosing" && <Choosing texts={texts} choices={options.styles} keep={options.keep} dispatch={dispatch} />}
      {state.phase === "counting" && <Counting texts={texts} keep={options.keep} dispatch={dispatch} />}
      {!visits && (
        <>
          {state.phase === "showing" && state.guest && (
            <TakeHome texts={texts} options={options} state={state} lend={lend} dispatch={dispatch} />
          )}
          <footer className={styles.label}>
            <p className={styles.caption}>{caption}</p>
            <p className={styles.small} role="status">
              {connected ? progress(texts, state, frame?.step ?? null, options) : texts.offline}
            </p>
            {options.camera && (
              <button type="button" className={styles.paintMe} onClick={() => dispatch({ type: "visited" })}>
                {texts.paintMe}
              </button>
            )}
          </footer>
          <button
            type="button"
            className={styles.full}
            data-hidden={still}
            onClick={() => void document.documentElement.requestFullscreen()}
          >
            {texts.fullScreen}
          </button>
        </>
      )}
    </main>
  );
}

function captionIn(texts: KioskTexts, state: KioskState, options: KioskOptions): string {
  const { photo, style } = pairAt(options.photos, options.styles, state.place);
  const guest = "guest" in state ? state.guest : null;
  const chosen = guest ? options.styles.find(({ url }) => url === guest.styleUrl) : style;
  return captionOf(texts, guest ? texts.you : photo.title, chosen?.title ?? "");
}

/** Address of the picture that is painted. */
function photoUrl(state: KioskState, { photos, styles: pictures }: KioskOptions): string {
  const guest = "guest" in state ? state.guest : null;
  return displayUrl(guest ? `/images/${guest.imageId}` : pairAt(photos, pictures, state.place).photo.url);
}

/** Whether a painting is begun that has no picture of its own yet. */
function awaitsPicture(state: KioskState, frame: Frame | null): boolean {
  if (state.phase === "starting") return true;
  return state.phase === "painting" && frame === null;
}

function progress(texts: KioskTexts, state: KioskState, step: number | null, { steps }: KioskOptions): string {
  if (state.phase === "showing") return texts.finished;
  return state.phase === "painting" && step !== null ? texts.step(step, steps) : texts.waiting;
}
