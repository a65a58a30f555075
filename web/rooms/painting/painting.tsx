import Link from "next/link";
import { useRouter } from "next/navigation";
import { RadioGroup } from "radix-ui";
import { type Dispatch, useState } from "react";
import { styleTransferSettings } from "../../../server/records/settings";
import { execute } from "../../graphql/execute";
import { type Painting, RenameSession } from "../../graphql/operations";
import { useAccess, useMayMake } from "../../parts/access";
import { Notice } from "../../parts/notice";
import { NumberControl } from "../../parts/number-control";
import { RenameDialog } from "../../parts/rename-dialog";
import { labelled } from "../../parts/settings";
import { formatShare } from "../../parts/share";
import textButton from "../../parts/text-button.module.css";
import { useTabTitle } from "../../parts/use-tab-title";
import { NoteButton, SessionNote, SessionStar } from "../../session/annotations";
import { draftLike, keepDraft, readDraft } from "../../session/draft";
import { Enlarge } from "../../session/enlarge/enlarge";
import { ExportDialog } from "../../session/export/export-dialog";
import { SessionActions } from "../../session/session-actions";
import label from "../../session/session-label.module.css";
import { isOver, type SessionAction, type SessionState } from "../../session/session-state";
import { setupLink } from "../../session/setup-link";
import { ApprovalNote } from "../../session/sharing/approval-note";
import { ShareSession } from "../../session/sharing/share-session";
import { weightsByStep } from "../../session/steerable";
import { paintingTexts as texts } from "../../texts/painting";
import { sessionTexts } from "../../texts/session";
import { shareTexts } from "../../texts/share";
import { Family } from "./branch/family";
import { useBranch } from "./branch/use-branch";
import styles from "./painting.module.css";
import { Progress } from "./progress";
import { LossCurve } from "./scrub/loss-curve";
import { useKeptFrames } from "./scrub/use-kept-frames";
import { useLook } from "./scrub/use-look";
import { Caption } from "./stage/caption";
import { Stage } from "./stage/stage";
import { SteerPanel } from "./steer/steer-panel";
import { SteeringList } from "./steer/steering-list";
import { StyleSources } from "./steer/style-sources";
import { useSteering } from "./steer/use-steering";
import { useViewers } from "./use-viewers";

interface Props {
  state: SessionState;
  session: Painting;
  dispatch: Dispatch<SessionAction>;
}

/** The room of one painting: the picture on the wall with its history below, its label and controls beside it. */
export function PaintingRoom({ state, session, dispatch }: Props) {
  const { frame: newest, failure, curve, timeline } = state;
  const { id, settings, title, mayChange } = session;
  const mayMake = useMayMake();
  const isStranger = useAccess()?.role === null;
  const router = useRouter();
  const look = useLook(state);
  useKeptFrames(id, timeline, look.past, dispatch);
  const steering = useSteering(session);
  const branch = useBranch(session, look.step);
  const over = isOver(session.status);
  const viewers = useViewers(id, over);
  const past = look.past !== null && look.frame?.losses ? { step: look.step, ...look.frame.losses } : null;
  // While it runs, an earlier step on show does not take the steering away.
  const [forBranch, setForBranch] = useState(false);
  const steers = mayChange && !over && !(forBranch && look.past !== null);
  const name = title ?? sessionTexts.untitled;
  const share = formatShare((newest?.step ?? 0) / settings.steps);
  useTabTitle(session.status === "RUNNING" ? texts.running(share, name) : name);

  async function rename(next: string) {
    await execute(RenameSession, { id, title: next });
    dispatch({ type: "renamed", title: next });
  }

  function paintAgain() {
    keepDraft(draftLike(session, readDraft()));
    router.push("/");
  }

  const which = mayChange && !over && look.past !== null && (
    <RadioGroup.Root
      className={styles.which}
      aria-label={texts.steer.which}
      orientation="horizontal"
      value={forBranch ? "branch" : "steer"}
      onValueChange={(value) => setForBranch(value === "branch")}
    >
      <RadioGroup.Item className="bare" value="steer">
        {texts.steer.title}
      </RadioGroup.Item>
      <RadioGroup.Item className="bare" value="branch">
        {texts.steer.branch}
      </RadioGroup.Item>
    </RadioGroup.Root>
  );

  return (
    <main className={label.room}>
      <div className={`${label.wall} ${styles.wall}`}>
        <Stage
          state={state}
          session={session}
          look={look}
          branch={mayMake ? branch : null}
          onGone={(step) => dispatch({ type: "gone", step })}
        />
      </div>
      <aside className={label.label}>
        <header className={label.header}>
          <h1 className={label.title} title={name}>
            {name}
          </h1>
          <div className={label.titleActions}>
            <ShareSession
              id={id}
              mayChange={mayChange}
              path={`/s?${new URLSearchParams({ id, ...(look.past === null ? {} : { step: String(look.past) }) })}`}
              about={look.past === null ? shareTexts.painting : shareTexts.step(look.past)}
              className={textButton.quiet}
            />
            {mayChange && (
              <>
                <RenameDialog title={name} onRename={rename} />
                <NoteButton session={session} dispatch={dispatch} />
                <SessionStar session={session} dispatch={dispatch} />
              </>
            )}
          </div>
          <ApprovalNote session={session} />
          <SessionNote session={session} />
        </header>
        <Progress state={state} session={session} />
        {viewers !== null && viewers > 1 && <p className="note">{texts.viewers(viewers)}</p>}
        <SessionActions session={session} again={{ href: setupLink(draftLike(session)), text: texts.again, go: paintAgain }}>
          {mayMake && session.status === "COMPLETED" && newest && <Enlarge session={session} last={newest} />}
          {look.frame && (
            <ExportDialog
              subject={{ id, isPainting: true, step: look.frame.step, extent: look.frame, beside: look.compared, isPrimary: false }}
            />
          )}
          {newest && !isStranger && (
            <Link className="button" href={`/compare?ids=${nearFamily(session).join(",")}`}>
              {texts.compare}
            </Link>
          )}
        </SessionActions>
        {failure && <Notice>{failure}</Notice>}
        {steers ? (
          <SteerPanel
            title={texts.steer.title}
            heading={which || undefined}
            hint={steerHint(session)}
            values={steering.values}
            paintedStep={newest?.step ?? 0}
            failure={steering.failure}
            onChange={steering.steer}
          />
        ) : (
          newest &&
          mayMake && (
            <SteerPanel
              title={texts.steer.branch}
              heading={which || undefined}
              hint={texts.steer.branchHint(look.step)}
              values={branch.values}
              paintedStep={look.step}
              failure={null}
              onChange={branch.change}
            >
              <NumberControl
                setting={{ ...labelled("steps"), title: texts.steer.moreSteps, help: "", max: styleTransferSettings.steps.max - look.step }}
                slider={false}
                value={branch.moreSteps}
                onChange={branch.setMoreSteps}
              />
            </SteerPanel>
          )
        )}
        <LossCurve
          curve={curve}
          steps={settings.steps}
          weightsAt={weightsByStep(session)}
          shown={past}
          onShow={(step) => look.show(step >= (newest?.step ?? 0) ? null : step)}
        />
        {newest && (steers || mayMake) && (
          <StyleSources
            sources={(steers ? steering : branch).values.styles}
            onChange={(sources) => (steers ? steering.steer : branch.change)({ styles: sources })}
          />
        )}
        {mayMake && (
          <Link className={styles.layers} href={`/layers?id=${encodeURIComponent(id)}`}>
            {texts.layers}
          </Link>
        )}
        <SteeringList session={session} onShow={look.show} />
        <Family session={session} compared={look.compared} onCompare={look.compare} />
        <Caption painting={session} />
      </aside>
    </main>
  );
}

/** The painting, the one it was branched from, and its newest branches, at most four: those that are compared first. */
function nearFamily({ id, parent, branches }: Painting): string[] {
  return [...(parent ? [parent.id] : []), id, ...branches.map((branch) => branch.id).reverse()].slice(0, 4);
}

/** Says when the newest change takes effect. */
function steerHint({ changes, status }: Painting): string {
  const last = changes.at(-1);
  if (!last) return status === "PAUSED" ? texts.steer.whenItGoesOn : texts.steer.fromNext;
  if (last.step !== null) return texts.steer.from(last.step);
  return status === "PAUSED" ? texts.steer.changedWhenItGoesOn : texts.steer.changedFromNext;
}
