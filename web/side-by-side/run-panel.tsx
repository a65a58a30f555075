import type { ReactNode } from "react";
import { displayUrl } from "../parts/display-url";
import { LiveCanvas } from "../parts/live-canvas";
import type { ViewState } from "../parts/zoom/use-zoom";
import { finalExtent } from "../session/growth";
import { statusNames } from "../texts/session";
import { sideTexts as texts } from "../texts/side-by-side";
import { frameAt, type Position, type Run } from "./runs";
import styles from "./side-by-side.module.css";
import { ZoomedPicture } from "./zoomed-picture";

interface Props {
  run: Run;
  position: Position;
  title: ReactNode;
  /** The view that this picture has in common with others; without it, the picture is not zoomed. */
  view?: ViewState;
  /** Whether another picture is shown in the place of this one. */
  hidden?: boolean;
  /** Content below the picture. */
  children?: ReactNode;
}

/** Shape of the place that is kept for a picture until its own is known. */
const usual = { width: 4, height: 3 };

/** One painting among several. */
export function RunPanel({ run, position, title, view, hidden = false, children }: Props) {
  const { session, failure, connected } = run;
  const frame = frameAt(run, position);
  const canvas = session && (
    <LiveCanvas
      url={frame?.url ?? displayUrl(session.content.url)}
      label={frame ? texts.picture(session.title ?? texts.untitled, frame.step) : texts.before}
      onMissing={() => undefined}
    />
  );
  const content = session?.content ?? usual;
  return (
    <li
      className={styles.panel}
      data-hidden={hidden}
      data-loading={session === null && failure === null}
      style={{ "--aspect": content.width / content.height }}
    >
      <h2 className={styles.title}>{title}</h2>
      <div className={styles.picture}>
        {session && view ? (
          <ZoomedPicture picture={finalExtent(session.content, session.settings.size)} title={session.title ?? texts.untitled} view={view}>
            {canvas}
          </ZoomedPicture>
        ) : (
          canvas
        )}
      </div>
      <p className={styles.status} aria-live="polite">
        {failure ??
          (!connected ? texts.offline : session ? `${statusNames[session.status]} · ${texts.step(frame?.step ?? 0)}` : texts.loading)}
      </p>
      {children}
    </li>
  );
}
