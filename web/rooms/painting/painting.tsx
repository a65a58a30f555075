import type { Painting } from "../../graphql/operations";
import { Notice } from "../../parts/notice";
import { SessionActions } from "../session/session-actions";
import styles from "../session/session-label.module.css";
import type { SessionState } from "../session/session-state";
import { Caption } from "./caption";
import { LiveCanvas } from "./live-canvas";
import { LossCurve } from "./loss-curve";
import { Progress } from "./progress";

/** The room of one painting: the picture on the wall, its label beside it. */
export function PaintingRoom({ state, session }: { state: SessionState; session: Painting }) {
  const { frame, failure, curve } = state;
  const { content, settings, title } = session;
  return (
    <main className={styles.room}>
      <div className={styles.wall}>
        <LiveCanvas
          url={frame?.url ?? content.url}
          width={content.width}
          height={content.height}
          label={frame ? `The painting at step ${frame.step}` : "The photo that the painting begins with"}
        />
      </div>
      <aside className={styles.label}>
        <h1 className={styles.title}>{title ?? "Untitled"}</h1>
        <Progress state={state} session={session} />
        <LossCurve curve={curve} steps={settings.steps} weights={settings} />
        <SessionActions
          session={session}
          frame={frame}
          fileName={`${title || "painting"} ${frame?.step ?? 0}`}
          again={{ href: "/", text: "New painting" }}
        />
        {failure && <Notice>{failure}</Notice>}
        <Caption painting={session} />
      </aside>
    </main>
  );
}
