import { useRef, useState } from "react";
import type { Painting } from "../../../graphql/operations";
import { Comparison } from "../../../parts/comparison";
import { displayUrl } from "../../../parts/display-url";
import { LiveCanvas } from "../../../parts/live-canvas";
import { Notice } from "../../../parts/notice";
import { useFullScreen } from "../../../parts/use-full-screen";
import { finalExtent } from "../../../session/growth";
import { isOver, type SessionState } from "../../../session/session-state";
import { steeredSteps } from "../../../session/steerable";
import { useShortcut } from "../../../shortcuts/use-shortcut";
import { paintingTexts as texts } from "../../../texts/painting";
import type { Branch } from "../branch/use-branch";
import styles from "../painting.module.css";
import { Scrubber, type TrackMark } from "../scrub/scrubber";
import scrubber from "../scrub/scrubber.module.css";
import type { Look } from "../scrub/use-look";
import { sourcesOf } from "./beside";
import { BesideChoice } from "./beside-choice";
import { Zoomable } from "./zoomable";

interface Props {
  state: SessionState;
  session: Painting;
  look: Look;
  /** Null where no branch may be begun. */
  branch: Branch | null;
  /** Called when a picture is no longer kept. */
  onGone(step: number): void;
}

/** The picture on show, alone or beside another one, with its history below. */
export function Stage({ state, session, look, branch, onGone }: Props) {
  const { frame: newest, timeline } = state;
  const { content, status, settings } = session;
  const { frame, past } = look;
  const sources = sourcesOf(session);
  const [sourceUrl, setSourceUrl] = useState<string | null>(null);
  const source = sources.find(({ url }) => url === sourceUrl);
  const relative = look.beside && { url: look.beside.url, name: texts.relative(look.beside.name, look.beside.step) };
  const beside = relative ?? source;
  const picture = finalExtent(content, settings.size);
  const over = isOver(status);
  const hung = useRef<HTMLDivElement>(null);
  const { fill, canFill } = useFullScreen(hung);
  useShortcut("f", texts.fill, canFill ? fill : null);
  useShortcut("l", over ? texts.history.goToLast : texts.history.goLive, past === null ? null : () => look.show(null));
  useShortcut("b", texts.branchFromHere, newest && branch && !branch.beginning ? branch.begin : null);

  const canvas = (
    <LiveCanvas
      url={frame?.url ?? (past === null ? displayUrl(content.url) : null)}
      label={frame || past !== null ? texts.atStep(look.step) : texts.atFirst}
      onMissing={(url) => frame?.url === url && onGone(frame.step)}
    />
  );

  return (
    <div className={styles.stage}>
      <div ref={hung} className={styles.hung}>
        {beside ? (
          <Comparison
            // Another picture must not stand under the new name while its own is loaded.
            key={beside.url}
            before={displayUrl(beside.url)}
            width={picture.width}
            height={picture.height}
            names={{ before: beside.name, after: relative ? texts.thisOne(look.step) : texts.beside.painting(look.step) }}
          >
            {canvas}
          </Comparison>
        ) : (
          <Zoomable picture={picture} onFill={canFill ? fill : null}>
            {canvas}
          </Zoomable>
        )}
      </div>
      <BesideChoice
        sources={sources}
        chosen={look.compared ? "" : (source?.url ?? null)}
        onChoose={(url) => {
          look.compare(null);
          setSourceUrl(url);
        }}
      />
      <Scrubber timeline={timeline} last={newest?.step ?? 0} shown={past} marks={marksOf(session)} over={over} onShow={look.show}>
        {newest && branch && (
          <button type="button" className={scrubber.action} disabled={branch.beginning} onClick={branch.begin}>
            {branch.beginning ? texts.branching : texts.branchFromHere}
          </button>
        )}
      </Scrubber>
      {branch?.failure && <Notice>{branch.failure}</Notice>}
    </div>
  );
}

/** The steps of changes and of branches to and from this painting. */
function marksOf({ changes, branchedAtStep, branches }: Painting): TrackMark[] {
  const branched = new Set([branchedAtStep, ...branches.map((branch) => branch.branchedAtStep)]);
  return [
    ...steeredSteps(changes).map((step) => ({ step, kind: "steered" as const })),
    ...[...branched].flatMap((step) => (step === null ? [] : [{ step, kind: "branch" as const }])),
  ];
}
