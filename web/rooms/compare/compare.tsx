"use client";

import Link from "next/link";
import { useSearchParams } from "next/navigation";
import headings from "../../parts/headings.module.css";
import { ShareDialog } from "../../parts/share-dialog";
import { RunPanel } from "../../side-by-side/run-panel";
import { parseIds } from "../../side-by-side/runs";
import side from "../../side-by-side/side-by-side.module.css";
import { Together } from "../../side-by-side/together";
import { usePosition } from "../../side-by-side/use-position";
import { useRuns } from "../../side-by-side/use-runs";
import { compareTexts as texts } from "../../texts/compare";
import { shareTexts } from "../../texts/share";
import styles from "./compare.module.css";
import { differences } from "./differences";

const MOST = 4;

/** Two to four paintings side by side, with one slider for all. */
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
        <Compared key={ids.join()} ids={ids} />
      )}
    </div>
  );
}

function Compared({ ids }: { ids: readonly string[] }) {
  const runs = useRuns(ids);
  const going = usePosition(runs);
  const sessions = runs.flatMap(({ session }) => session ?? []);
  const found = differences(sessions);
  return (
    <>
      <ul className={side.panels}>
        {runs.map((run, place) => (
          <RunPanel
            key={run.id}
            run={run}
            position={going.position}
            title={
              <Link href={`/s?id=${run.id}`}>
                {place + 1}. {run.session?.title ?? texts.untitled}
              </Link>
            }
          />
        ))}
      </ul>
      <Together going={going} />
      <div>
        <ShareDialog path={`/compare?ids=${ids.join()}`} about={shareTexts.comparison} />
      </div>
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
