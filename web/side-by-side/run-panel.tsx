import type { ReactNode } from "react";
import { displayUrl } from "../parts/display-url";
import { LiveCanvas } from "../parts/live-canvas";
import { statusNames } from "../texts/session";
import { sideTexts as texts } from "../texts/side-by-side";
import { frameAt, type Position, type Run } from "./runs";
import styles from "./side-by-side.module.css";

interface Props {
  run: Run;
  position: Position;
  title: ReactNode;
  /** Content below the picture. */
  children?: ReactNode;
}

/** One painting among several. */
export function RunPanel({ run, position, title, children }: Props) {
  const { session, failure, connected } = run;
  const frame = frameAt(run, position);
  return (
    <li className={styles.panel}>
      <h2 className={styles.title}>{title}</h2>
      <div className={styles.picture} style={session ? { aspectRatio: `${session.content.width} / ${session.content.height}` } : undefined}>
        {session && (
          <LiveCanvas
            url={frame?.url ?? displayUrl(session.content.url)}
            label={frame ? texts.picture(session.title ?? texts.untitled, frame.step) : texts.before}
            onMissing={() => undefined}
          />
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
