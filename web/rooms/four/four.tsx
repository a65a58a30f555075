"use client";

import Link from "next/link";
import { useSearchParams } from "next/navigation";
import { useEffect, useState } from "react";
import { execute, mayPass } from "../../graphql/execute";
import { type Painting, SessionQuery } from "../../graphql/operations";
import { untilReached } from "../../graphql/subscribe";
import headings from "../../parts/headings.module.css";
import { ShareDialog } from "../../parts/share-dialog";
import { Enlarge } from "../../session/enlarge/enlarge";
import { RunPanel } from "../../side-by-side/run-panel";
import { parseIds, type Run } from "../../side-by-side/runs";
import { useRuns } from "../../side-by-side/use-runs";
import { fourTexts as texts } from "../../texts/four";
import { shareTexts } from "../../texts/share";
import styles from "./four.module.css";

const MOST = 4;

/** Four small variations of a painting, of which the best may grow. */
export function FourRoom() {
  const ids = parseIds(useSearchParams().get("ids"), MOST);
  return (
    <main className={styles.room}>
      <header className={styles.header}>
        <h1 className={headings.page}>{texts.title}</h1>
        <p className={headings.lead}>{ids.length === 0 ? texts.none : texts.lead}</p>
      </header>
      {ids.length === 0 ? (
        <Link className="button" href="/">
          {texts.toStudio}
        </Link>
      ) : (
        <Variations key={ids.join()} ids={ids} />
      )}
    </main>
  );
}

function Variations({ ids }: { ids: readonly string[] }) {
  const runs = useRuns(ids);
  return (
    <>
      <ul className={styles.panels}>
        {runs.map((run) => (
          <RunPanel key={run.id} run={run} position={null} title={nameOf(run)}>
            <Choice run={run} />
          </RunPanel>
        ))}
      </ul>
      <div>
        <ShareDialog path={`/four?ids=${ids.join()}`} about={shareTexts.comparison} />
      </div>
    </>
  );
}

function Choice({ run: { id, session } }: { run: Run }) {
  const painting = usePainting(id, session?.status === "COMPLETED");
  return (
    <div className={styles.actions}>
      {painting?.latestFrame && <Enlarge session={painting} last={painting.latestFrame} />}
      <Link className="button" href={`/s?id=${id}`}>
        {texts.open}
      </Link>
    </div>
  );
}

/** A painting with all its settings and changes; null until it is finished and loaded. */
function usePainting(id: string, isFinished: boolean): Painting | null {
  const [painting, setPainting] = useState<Painting | null>(null);
  useEffect(() => {
    if (!isFinished) return;
    const ending = new AbortController();
    const { signal } = ending;
    untilReached(() => execute(SessionQuery, { id, points: 2 }, signal), signal, mayPass).then(
      ({ session }) => setPainting(session?.__typename === "StyleTransferSession" ? session : null),
      // It was deleted meanwhile, or the page was left.
      () => setPainting(null),
    );
    return () => ending.abort();
  }, [id, isFinished]);
  return painting;
}

/** What the variation is, without the pictures that all of them share. */
function nameOf({ session }: Run): string {
  return session ? (session.title?.split(" · ").at(-1) ?? "") : texts.loading;
}
