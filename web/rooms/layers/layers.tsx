"use client";

import Link from "next/link";
import { useRouter, useSearchParams } from "next/navigation";
import { execute } from "../../graphql/execute";
import { PauseSession, ResumeSession, type SessionStatus } from "../../graphql/operations";
import { displayUrl } from "../../parts/display-url";
import headings from "../../parts/headings.module.css";
import { FailureNotice } from "../../parts/notice";
import { ShareDialog } from "../../parts/share-dialog";
import { useAttempt } from "../../parts/use-attempt";
import { RunPanel } from "../../side-by-side/run-panel";
import { frameAt, parseIds, type Run } from "../../side-by-side/runs";
import side from "../../side-by-side/side-by-side.module.css";
import { Together } from "../../side-by-side/together";
import { usePosition } from "../../side-by-side/use-position";
import { useRuns } from "../../side-by-side/use-runs";
import { layersTexts as texts } from "../../texts/layers";
import { layerWeightTexts } from "../../texts/layers-in-words";
import { shareTexts } from "../../texts/share";
import { onlyLayer, styleLayerNames } from "./experiment";
import { LayerChart } from "./layer-chart";
import styles from "./layers.module.css";
import { NewExperiment } from "./new-experiment";

/** The room that shows what each style layer does: one layer at a time, or all layers of one painting. */
export function LayersRoom() {
  const query = useSearchParams();
  const router = useRouter();
  const ids = parseIds(query.get("ids") ?? query.get("id"), styleLayerNames.length);
  return (
    <div className={styles.room}>
      <header className={styles.header}>
        <h1 className={headings.page}>{texts.title}</h1>
        <p className={headings.lead}>{texts.lead}</p>
      </header>
      {ids.length === 0 ? (
        <NewExperiment onStarted={(started) => router.push(`/layers?ids=${started.join(",")}`)} />
      ) : (
        <Experiment key={ids.join()} ids={ids} />
      )}
      <section className={styles.formula} aria-labelledby="what-is-measured">
        <h2 id="what-is-measured" className={headings.part}>
          {texts.formula.title}
        </h2>
        <p>{texts.formula.text}</p>
        <p className={styles.note}>{texts.formula.source}</p>
      </section>
    </div>
  );
}

function Experiment({ ids }: { ids: readonly string[] }) {
  const runs = useRuns(ids);
  const going = usePosition(runs);
  const { busy, failure, attempt } = useAttempt();
  const inStatus = (...wanted: SessionStatus[]) => runs.filter(({ session }) => session && wanted.includes(session.status));
  const [working, stopped] = [inStatus("RUNNING", "QUEUED"), inStatus("PAUSED")];
  const several = runs.length > 1;
  const all = (text: string, some: readonly Run[], action: (id: string) => Promise<unknown>, primary = false) => (
    <button
      type="button"
      className={primary ? "button primary" : "button"}
      disabled={busy}
      onClick={() => void attempt(() => Promise.all(some.map(({ id }) => action(id))))}
    >
      {text}
    </button>
  );
  return (
    <>
      <div className={styles.tools}>
        {working.length > 0 && all(texts.stop, working, (id) => execute(PauseSession, { id }))}
        {stopped.length > 0 && all(texts.goOn, stopped, (id) => execute(ResumeSession, { id }), true)}
        <Link className="button" href="/layers">
          {texts.again}
        </Link>
        <ShareDialog path={`/layers?ids=${ids.join()}`} about={shareTexts.experiment} />
        <FailureNotice error={failure} />
      </div>
      <Sources run={runs[0]} />
      <ul className={`${side.panels} ${several ? "" : styles.single}`}>
        {runs.map((run) => {
          const only = run.session && onlyLayer(run.session.settings.styleLayers);
          const title = only ? texts.only(layerWeightTexts.plain(only), only) : (run.session?.title ?? texts.loading);
          const at = frameAt(run, going.position)?.step ?? 0;
          return (
            <RunPanel
              key={run.id}
              run={run}
              position={going.position}
              title={<Link href={`/s?id=${run.id}`}>{only ? <Layer name={only} /> : title}</Link>}
            >
              {only && <p className={styles.words}>{texts.words[only]}</p>}
              <LayerChart title={title} frames={run.frames} steps={run.session?.settings.steps ?? 1} at={at} only={only ?? null} />
            </RunPanel>
          );
        })}
      </ul>
      <p className={styles.note}>{several ? texts.losses.lead : texts.losses.one}</p>
      <Together going={going} />
    </>
  );
}

/** A layer in words, and its name in letters that tell 1 from l. */
function Layer({ name }: { name: string }) {
  return (
    <>
      {layerWeightTexts.plain(name)} <code className={styles.layer}>{name}</code>
    </>
  );
}

/** The source pictures of the experiment. */
function Sources({ run }: { run: Run | undefined }) {
  if (!run?.session) return null;
  const { content, styles: sources } = run.session;
  const pictures = [{ url: content.url, name: texts.photo }, ...sources.map(({ image }) => ({ url: image.url, name: texts.style }))];
  return (
    <div className={styles.sources}>
      {pictures.map(({ url, name }) => (
        <figure key={url}>
          {/* biome-ignore lint/performance/noImgElement: an export has no image optimiser, and these paths are immutable. */}
          <img src={displayUrl(url, 128)} alt="" />
          <figcaption>{name}</figcaption>
        </figure>
      ))}
    </div>
  );
}
