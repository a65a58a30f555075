"use client";

import Link from "next/link";
import { useSearchParams } from "next/navigation";
import fold from "../../parts/fold.module.css";
import headings from "../../parts/headings.module.css";
import { ShareDialog } from "../../parts/share-dialog";
import textButton from "../../parts/text-button.module.css";
import { useShortcut } from "../../shortcuts/use-shortcut";
import { RunPanel } from "../../side-by-side/run-panel";
import { parseIds } from "../../side-by-side/runs";
import side from "../../side-by-side/side-by-side.module.css";
import { Together } from "../../side-by-side/together";
import { useCommonView } from "../../side-by-side/use-common-view";
import { usePosition } from "../../side-by-side/use-position";
import { useRuns } from "../../side-by-side/use-runs";
import { ZoomTools } from "../../side-by-side/zoom-tools";
import { compareTexts as texts } from "../../texts/compare";
import { shareTexts } from "../../texts/share";
import { compareHref, MOST } from "./address";
import { BlinkTools } from "./blink-tools";
import { Chooser } from "./chooser";
import styles from "./compare.module.css";
import { differences } from "./differences";
import { useBlink } from "./use-blink";

/** Two to four paintings side by side, or in turn in the same place, with one slider and one zoom for all. */
export function CompareRoom() {
  const ids = parseIds(useSearchParams().get("ids"), MOST);
  return (
    <div className={styles.room}>
      <h1 className={headings.page}>{texts.title}</h1>
      {ids.length === 0 ? (
        <>
          <p>{texts.none}</p>
          <Link className="button" href="/gallery">
            {texts.toGallery}
          </Link>
        </>
      ) : (
        // Swapped paintings are the same paintings: their histories stay, and so do the zoom and the slider.
        <Compared key={[...ids].sort().join()} ids={ids} />
      )}
      {ids.length < 2 && <Chooser ids={ids} />}
      {ids.length >= 2 && ids.length < MOST && (
        <details className={fold.fold}>
          <summary>{texts.more}</summary>
          <Chooser ids={ids} />
        </details>
      )}
    </div>
  );
}

function Compared({ ids }: { ids: readonly string[] }) {
  const known = useRuns([...ids].sort());
  const runs = ids.flatMap((id) => known.find((run) => run.id === id) ?? []);
  const going = usePosition(runs);
  const common = useCommonView();
  const blinking = useBlink(runs.length);
  const swap = ids.length === 2 ? () => history.replaceState(null, "", compareHref([...ids].reverse())) : null;
  useShortcut("s", texts.swapTitle, swap);
  const sessions = runs.flatMap(({ session }) => session ?? []);
  const found = differences(sessions);
  return (
    <>
      <div className={styles.tools}>
        <ZoomTools common={common} />
        {ids.length > 1 && <BlinkTools blinking={blinking} />}
        {swap && !blinking.on && (
          <button type="button" className="button" title={texts.swapTitle} onClick={swap}>
            {texts.swap}
          </button>
        )}
        <ShareDialog path={compareHref(ids)} about={shareTexts.comparison} />
      </div>
      <ul className={`${side.panels} ${styles.panels}`} data-one={blinking.on || runs.length === 1} data-waiting={runs.length === 1}>
        {runs.map((run, place) => {
          const title = run.session?.title ?? texts.untitled;
          return (
            <RunPanel
              key={run.id}
              run={run}
              position={going.position}
              view={common.view}
              hidden={blinking.on && place !== blinking.at}
              title={
                <Link href={`/s?id=${run.id}`}>
                  {place + 1}. {title}
                </Link>
              }
            >
              {ids.length > 1 && !blinking.on && (
                <Link
                  className={textButton.quiet}
                  href={compareHref(ids.filter((id) => id !== run.id))}
                  aria-label={texts.removeNamed(title)}
                >
                  {texts.remove}
                </Link>
              )}
            </RunPanel>
          );
        })}
      </ul>
      <Together going={going} />
      {sessions.length > 1 && sessions.length === runs.length && (
        <section className={styles.differences} aria-labelledby="differences">
          <h2 id="differences" className={headings.part}>
            {texts.differ}
          </h2>
          {found.length === 0 ? (
            <p>{texts.alike}</p>
          ) : (
            // biome-ignore lint/a11y/noNoninteractiveTabindex: a wide table is scrolled by keys, too.
            <section className={styles.scroll} aria-labelledby="differences" tabIndex={0}>
              <table className={styles.table}>
                <thead>
                  <tr>
                    <th scope="col">{texts.setting}</th>
                    {runs.map(({ id }, place) => (
                      <th key={id} scope="col">
                        {place + 1}
                      </th>
                    ))}
                  </tr>
                </thead>
                <tbody>
                  {found.map(({ name, values }) => (
                    <tr key={name}>
                      <th scope="row">{name}</th>
                      {runs.map(({ id }, place) => (
                        <td key={id}>{values[place]}</td>
                      ))}
                    </tr>
                  ))}
                </tbody>
              </table>
            </section>
          )}
        </section>
      )}
    </>
  );
}
