import Link from "next/link";
import { useEffect, useState } from "react";
import { execute } from "../../graphql/execute";
import { type RecentPainting, RecentPaintings } from "../../graphql/run-operations";
import { displayUrl } from "../../parts/display-url";
import headings from "../../parts/headings.module.css";
import { FailureNotice } from "../../parts/notice";
import { compareTexts as texts } from "../../texts/compare";
import { compareHref } from "./address";
import styles from "./chooser.module.css";

/** Recent paintings that can be added to those compared. */
export function Chooser({ ids }: { ids: readonly string[] }) {
  const [recent, setRecent] = useState<readonly RecentPainting[] | null>(null);
  const [failure, setFailure] = useState<unknown>(null);
  useEffect(() => {
    const ending = new AbortController();
    execute(RecentPaintings, {}, ending.signal).then(
      ({ sessions }) => setRecent(sessions.edges.flatMap(({ node }) => (node.__typename === "StyleTransferSession" ? [node] : []))),
      (error: unknown) => ending.signal.aborted || setFailure(error),
    );
    return () => ending.abort();
  }, []);
  const others = recent?.filter(({ id }) => !ids.includes(id));
  return (
    <section className={styles.chooser} aria-labelledby="add-painting">
      <h2 id="add-painting" className={headings.part}>
        {ids.length === 0 ? texts.chooseFirst : ids.length === 1 ? texts.chooseOther : texts.add}
      </h2>
      <FailureNotice error={failure} />
      {others?.length === 0 && <p>{texts.noOthers}</p>}
      <ul className={styles.paintings}>
        {others?.map(({ id, title, latestFrame, content }) => (
          <li key={id}>
            <Link className={styles.painting} href={compareHref([...ids, id])} scroll={false}>
              <span className={`cropped ${styles.picture}`}>
                {/* biome-ignore lint/performance/noImgElement: an export has no image optimiser, and these paths are immutable. */}
                <img src={latestFrame?.url ?? displayUrl(content.url, 256)} alt="" loading="lazy" decoding="async" />
              </span>
              <span className={styles.name}>{title ?? texts.untitled}</span>
            </Link>
          </li>
        ))}
      </ul>
    </section>
  );
}
