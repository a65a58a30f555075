import { type KeyboardEvent, type ReactNode, useEffect, useRef } from "react";
import { isGap, nearest, neighbour, type Timeline } from "../../../session/timeline";
import { paintingTexts } from "../../../texts/painting";
import { Filmstrip } from "./filmstrip";
import styles from "./scrubber.module.css";

const texts = paintingTexts.history;

/** Pictures that Page Up and Page Down move by. */
const PAGE = 10;

export interface TrackMark {
  step: number;
  kind: "steered" | "branch";
}

interface Props {
  timeline: Timeline;
  /** Newest step. */
  last: number;
  /** The step on show; null for now. */
  shown: number | null;
  marks: readonly TrackMark[];
  /** Whether no newer picture will come. */
  over: boolean;
  onShow(step: number | null): void;
  /** Actions on the picture on show. */
  children: ReactNode;
}

/** The history of a painting: a slider over all kept pictures, moved by pointer or arrow keys. */
export function Scrubber({ timeline, last, shown, marks, over, onShow, children }: Props) {
  const at = shown ?? last;
  const now = over ? texts.last : texts.now;

  function show(step: number | undefined) {
    if (step === undefined) return;
    // The right end of the slider means now.
    onShow(step >= last ? null : step);
  }

  function go(by: number) {
    show(neighbour(timeline, at, by)?.step);
  }

  function move(key: string): boolean {
    if (key === "ArrowLeft" || key === "ArrowDown") go(-1);
    else if (key === "ArrowRight" || key === "ArrowUp") go(1);
    else if (key === "PageDown") go(-PAGE);
    else if (key === "PageUp") go(PAGE);
    else if (key === "Home") show(timeline.frames[0]?.step);
    else if (key === "End") onShow(null);
    else return false;
    return true;
  }

  useArrowsAnywhere(go);

  return (
    <section className={styles.scrubber} aria-label={texts.title}>
      <button type="button" className={`bare ${styles.step}`} aria-label={texts.previous} disabled={at <= 0} onClick={() => go(-1)}>
        ‹
      </button>
      <div className={styles.track}>
        <input
          className={styles.range}
          type="range"
          min={0}
          max={Math.max(1, last)}
          value={at}
          aria-label={texts.step}
          aria-valuetext={shown === null ? texts.atNewest(last, now) : paintingTexts.stepOf(shown, last)}
          onChange={(event) => {
            const step = Number(event.target.value);
            show(isGap(timeline, step) ? step : nearest(timeline, step)?.step);
          }}
          onKeyDown={(event: KeyboardEvent) => {
            if (!event.altKey && !event.ctrlKey && !event.metaKey && move(event.key)) event.preventDefault();
          }}
        />
        <div className={styles.marks} aria-hidden="true">
          {marks.map(
            ({ step, kind }) =>
              step <= last && (
                <span
                  key={`${kind} ${step}`}
                  className={styles.mark}
                  data-kind={kind}
                  style={{ left: `${(100 * step) / Math.max(1, last)}%` }}
                />
              ),
          )}
        </div>
      </div>
      <button type="button" className={`bare ${styles.step}`} aria-label={texts.next} disabled={shown === null} onClick={() => go(1)}>
        ›
      </button>
      <Filmstrip timeline={timeline} last={last} at={at} onShow={onShow} />
      <div className={styles.line}>
        <p className={styles.where}>
          {/* As wide as the next power of ten needs, so that the rest seldom moves. */}
          <span className={styles.at} style={{ minWidth: `calc(${Math.max(3, String(last).length)}ch + 2.2em)` }}>
            {texts.step} {at}
          </span>{" "}
          {shown === null ? `· ${now}` : `${paintingTexts.of} ${last}`}
        </p>
        <button type="button" className={styles.action} disabled={shown === null} onClick={() => onShow(null)}>
          {over ? texts.goToLast : texts.goLive}
        </button>
        {children}
      </div>
    </section>
  );
}

/** Left and right work anywhere on the page where they have no other meaning. */
function useArrowsAnywhere(go: (by: number) => void): void {
  const newest = useRef(go);
  useEffect(() => {
    newest.current = go;
  });
  useEffect(() => {
    const onKeyDown = (event: globalThis.KeyboardEvent) => {
      if (event.defaultPrevented || event.altKey || event.ctrlKey || event.metaKey || usesArrows(event.target)) return;
      if (event.key === "ArrowLeft") newest.current(-1);
      else if (event.key === "ArrowRight") newest.current(1);
    };
    window.addEventListener("keydown", onKeyDown);
    return () => window.removeEventListener("keydown", onKeyDown);
  }, []);
}

function usesArrows(target: EventTarget | null): boolean {
  return target instanceof Element && target.closest('input, textarea, select, [role="slider"], [role="radio"], [role="dialog"]') !== null;
}
