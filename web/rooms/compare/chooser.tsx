import Link from "next/link";
import { useEffect, useState } from "react";
import { execute } from "../../graphql/execute";
import { type RecentPainting, RecentPaintings } from "../../graphql/run-operations";
import { displayUrl } from "../../parts/display-url";
import headings from "../../parts/headings.module.css";
import { LastingImage } from "../../parts/lasting-image";
import { FailureNotice } from "../../parts/notice";
import { useAttempt } from "../../parts/use-attempt";
import { compareTexts as texts } from "../../texts/compare";
import { compareHref } from "./address";
import styles from "./chooser.module.css";

/** Recent paintings that can be added to those compared. */
export function Chooser({ ids }: { ids: readonly string[] }) {
  const [recent, setRecent] = useState<readonly RecentPainting[] | null>(null);
  const { failure, load } = useAttempt();
  // biome-ignore lint/correctness/useExhaustiveDependencies: `load` is another function at each rendering.
  useEffect(() => {
    const ending = new AbortController();
    const { signal } = ending;
    void load(async () => {
      const { sessions } = await execute(RecentPaintings, {}, signal);
      setRecent(sessions.edges.flatMap(({ node }) => (node.__typename === "StyleTransferSession" ? [node] : [])));
    }, signal);
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
                <LastingImage src={latestFrame?.url ?? displayUrl(content.url, 256)} alt="" loading="lazy" decoding="async" />
              </span>
              <span className={styles.name}>{title ?? texts.untitled}</span>
            </Link>
          </li>
        ))}
      </ul>
    </section>
  );
}
