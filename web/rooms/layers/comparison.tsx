import Link from "next/link";
import { useRef } from "react";
import { execute } from "../../graphql/execute";
import { PauseSession, ResumeSession, type SessionStatus } from "../../graphql/operations";
import { displayUrl } from "../../parts/display-url";
import { LastingImage } from "../../parts/lasting-image";
import { FailureNotice } from "../../parts/notice";
import bar from "../../parts/progress-bar.module.css";
import { ShareDialog } from "../../parts/share-dialog";
import { useAttempt } from "../../parts/use-attempt";
import { useFullScreen } from "../../parts/use-full-screen";
import { onlyLayer } from "../../session/only-layer";
import { RunPanel } from "../../side-by-side/run-panel";
import { frameAt, type Run } from "../../side-by-side/runs";
import side from "../../side-by-side/side-by-side.module.css";
import { Together } from "../../side-by-side/together";
import { usePosition } from "../../side-by-side/use-position";
import { useRuns } from "../../side-by-side/use-runs";
import { layersTexts as texts } from "../../texts/layers";
import { layerWeightTexts } from "../../texts/layers-in-words";
import { shareTexts } from "../../texts/share";
import { shareDone } from "./experiment";
import { LayerChart } from "./layer-chart";
import styles from "./layers.module.css";

/** The paintings of an experiment side by side, or the layers of one painting, each with its distances. */
export function Comparison({ ids }: { ids: readonly string[] }) {
  const runs = useRuns(ids);
  const going = usePosition(runs);
  const { busy, failure, attempt } = useAttempt();
  const inStatus = (...wanted: SessionStatus[]) => runs.filter(({ session }) => session && wanted.includes(session.status));
  const [working, stopped] = [inStatus("RUNNING", "QUEUED"), inStatus("PAUSED")];
  const several = runs.length > 1;
  const stage = useRef<HTMLElement>(null);
  const { fill, canFill, fills } = useFullScreen(stage);
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
    <section ref={stage} className={styles.comparison} aria-label={texts.comparison}>
      <div className={styles.tools}>
        {working.length > 0 && all(texts.stop, working, (id) => execute(PauseSession, { id }))}
        {stopped.length > 0 && all(texts.goOn, stopped, (id) => execute(ResumeSession, { id }), true)}
        <Link className="button" href="/layers">
          {texts.again}
        </Link>
        <ShareDialog path={`/layers?ids=${ids.join()}`} about={shareTexts.experiment} />
        {canFill && (
          <button type="button" className={`button ${styles.project}`} onClick={fill}>
            {fills ? texts.leave : texts.project}
          </button>
        )}
        <FailureNotice error={failure} />
      </div>
      {several && <Progress runs={runs} />}
      {!fills && <Sources run={runs[0]} />}
      <ul className={`${side.panels} ${several ? styles.row : styles.single}`}>
        {runs.map((run) => {
          // The page of a run knows its session, and so its layer, once that was read; until then it says that it loads.
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
      {!fills && <p className={styles.note}>{several ? texts.losses.lead : texts.losses.one}</p>}
      <Together going={going} />
    </section>
  );
}

/** How far all paintings together are; nothing once they are done. */
function Progress({ runs }: { runs: readonly Run[] }) {
  const share = shareDone(runs);
  if (share === 1) return null;
  const said = texts.done(Math.round(100 * share), runs.length);
  return (
    <div className={styles.progress}>
      <progress className={bar.bar} value={share} max={1} aria-label={said} />
      <p className={styles.note}>{said}</p>
    </div>
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
          <LastingImage src={displayUrl(url, 128)} alt="" />
          <figcaption>{name}</figcaption>
        </figure>
      ))}
    </div>
  );
}
