import type { Dispatch } from "react";
import type { Translation } from "../../graphql/operations";
import network from "../../networks/network-facts.module.css";
import { formatBytes, shortTitle } from "../../networks/networks";
import { useNetworks } from "../../networks/use-networks";
import { Comparison } from "../../parts/comparison";
import { displayUrl } from "../../parts/display-url";
import { formatDuration } from "../../parts/durations";
import { LastingImage } from "../../parts/lasting-image";
import { Notice } from "../../parts/notice";
import bar from "../../parts/progress-bar.module.css";
import { formatShare } from "../../parts/share";
import textButton from "../../parts/text-button.module.css";
import { NoteButton, SessionNote, SessionStar } from "../../session/annotations";
import { ExportDialog } from "../../session/export/export-dialog";
import { SessionActions } from "../../session/session-actions";
import styles from "../../session/session-label.module.css";
import { isOver, type SessionAction, type SessionState } from "../../session/session-state";
import { SessionStatusLine } from "../../session/session-status";
import { ApprovalNote } from "../../session/sharing/approval-note";
import { ShareSession } from "../../session/sharing/share-session";
import { sessionTexts } from "../../texts/session";
import { shareTexts } from "../../texts/share";
import { translationTexts as texts } from "../../texts/translation";
import own from "./translation.module.css";

interface Props {
  state: SessionState;
  session: Translation;
  dispatch: Dispatch<SessionAction>;
}

/** The room of one translation: the picture before and after on the wall, its label beside it. */
export function TranslationRoom({ state, session, dispatch }: Props) {
  const { frame, failure } = state;
  const { id, model, source, title } = session;
  const again = new URLSearchParams({ model: model.id, ...(source ? { picture: source.id, name: pictureName(session) } : {}) });
  return (
    <main className={styles.room}>
      <div className={styles.wall}>
        {frame && source ? (
          <Comparison
            before={displayUrl(source.url)}
            width={frame.width}
            height={frame.height}
            names={{ before: texts.before, after: texts.after }}
          >
            <LastingImage src={frame.url} alt={texts.after} draggable={false} />
          </Comparison>
        ) : (
          <Picture url={frame?.url ?? (source && displayUrl(source.url))} waiting={!isOver(session.status)} />
        )}
      </div>
      <aside className={styles.label}>
        <header className={styles.header}>
          <h1 className={styles.title}>{title ?? sessionTexts.untitled}</h1>
          <div className={styles.titleActions}>
            <ShareSession
              id={id}
              path={`/s?id=${id}`}
              about={shareTexts.translation}
              mayChange={session.mayChange}
              className={textButton.quiet}
            />
            {session.mayChange && (
              <>
                <NoteButton session={session} dispatch={dispatch} />
                <SessionStar session={session} dispatch={dispatch} />
              </>
            )}
          </div>
          <ApprovalNote session={session} />
          <SessionNote session={session} />
        </header>
        <section className={own.progress} aria-label={sessionTexts.progress}>
          {isOver(session.status) ? (
            <SessionStatusLine session={session} state={state} doing={texts.doing} />
          ) : (
            <LiveStatus state={state} session={session} />
          )}
          {frame && (
            <dl className={styles.figures}>
              <div>
                <dt>{texts.size}</dt>
                <dd>
                  {frame.width} × {frame.height}
                </dd>
              </div>
              <div>
                <dt>{sessionTexts.took}</dt>
                <dd>{formatDuration(frame.computeMs)}</dd>
              </div>
            </dl>
          )}
        </section>
        <SessionActions session={session} again={{ href: `/translate?${again}`, text: texts.again }}>
          {frame && (
            <ExportDialog
              subject={{ id, isPainting: false, step: frame.step, extent: frame, beside: null, isPrimary: isOver(session.status) }}
            />
          )}
        </SessionActions>
        {failure && <Notice>{failure}</Notice>}
        <section className={own.model} aria-label={texts.translator}>
          <h2 className={network.name}>{shortTitle(model.title)}</h2>
          <p className={network.facts}>
            {model.id} · {formatBytes(model.bytes)}
            <br />
            {model.licence}
          </p>
        </section>
      </aside>
    </main>
  );
}

/** Status of a translation that is not over, with the progress of its network's download if there is one. */
function LiveStatus({ state, session }: { state: SessionState; session: Translation }) {
  const { networks } = useNetworks();
  const { state: modelState, downloadProgress, title } = networks?.find(({ id }) => id === session.model.id) ?? session.model;
  const fetching = session.status === "QUEUED" && modelState === "DOWNLOADING";
  return (
    <>
      <SessionStatusLine
        session={session}
        state={state}
        doing={texts.doing}
        waitingFor={fetching ? texts.fetchingShare(shortTitle(title), formatShare(downloadProgress)) : null}
      />
      {fetching && <progress className={bar.bar} value={downloadProgress ?? 0} max={1} aria-label={texts.fetching(shortTitle(title))} />}
    </>
  );
}

/** The source picture's name, taken from the title of the translation. */
function pictureName({ title, model }: Translation): string {
  return (title ?? texts.samePicture).replace(`, ${shortTitle(model.title)}`, "");
}

function Picture({ url, waiting }: { url: string | null; waiting: boolean }) {
  if (!url) return null;
  return <LastingImage className={own.picture} src={url} alt={texts.before} data-waiting={waiting} />;
}
