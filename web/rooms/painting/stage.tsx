import type { Painting } from "../../graphql/operations";
import { Comparison } from "../../parts/comparison";
import { Notice } from "../../parts/notice";
import { isOver, type SessionState } from "../session/session-state";
import { LiveCanvas } from "./live-canvas";
import styles from "./painting.module.css";
import { type Mark, Scrubber } from "./scrubber";
import scrubber from "./scrubber.module.css";
import { steeredSteps } from "./steerable";
import type { Branch } from "./use-branch";
import type { Look } from "./use-look";

interface Props {
  state: SessionState;
  session: Painting;
  look: Look;
  branch: Branch;
  /** Told of a picture that is kept no more. */
  onGone(step: number): void;
}

/** The picture that is shown, alone or beside a relative's, and the way through its history. */
export function Stage({ state, session, look, branch, onGone }: Props) {
  const { frame: newest, timeline } = state;
  const { content, status } = session;
  const { frame, beside, past } = look;
  return (
    <div className={styles.stage}>
      {frame && beside ? (
        <Comparison
          before={beside.url}
          after={frame.url}
          width={content.width}
          height={content.height}
          names={{ before: `${beside.name}, step ${beside.step}`, after: `This one, step ${frame.step}` }}
        />
      ) : (
        <LiveCanvas
          url={frame?.url ?? (past === null ? content.url : null)}
          width={content.width}
          height={content.height}
          label={frame || past !== null ? `The painting at step ${look.step}` : "The photo that the painting begins with"}
          onMissing={(url) => frame?.url === url && onGone(frame.step)}
        />
      )}
      <Scrubber timeline={timeline} last={newest?.step ?? 0} shown={past} marks={marksOf(session)} over={isOver(status)} onShow={look.show}>
        {newest && (
          <button type="button" className={scrubber.action} disabled={branch.beginning} onClick={branch.begin}>
            {branch.beginning ? "Branching…" : "Branch from here"}
          </button>
        )}
      </Scrubber>
      {branch.failure && <Notice>{branch.failure}</Notice>}
    </div>
  );
}

/** Where it was steered, where it was branched off, and where others branched off it. */
function marksOf({ changes, branchedAtStep, branches }: Painting): Mark[] {
  const branched = new Set([branchedAtStep, ...branches.map((branch) => branch.branchedAtStep)]);
  return [
    ...steeredSteps(changes).map((step) => ({ step, kind: "steered" as const })),
    ...[...branched].flatMap((step) => (step === null ? [] : [{ step, kind: "branch" as const }])),
  ];
}
