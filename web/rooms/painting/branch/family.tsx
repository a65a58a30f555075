import Link from "next/link";
import type { Painting } from "../../../graphql/operations";
import headings from "../../../parts/headings.module.css";
import { LastingImage } from "../../../parts/lasting-image";
import { paintingTexts } from "../../../texts/painting";
import type { Relative } from "../stage/use-relative-picture";
import styles from "./family.module.css";
import type { Place } from "./family-tree";
import { useFamily } from "./use-family";

interface Props {
  session: Painting;
  /** The relative that this painting is compared with. */
  compared: Relative | null;
  onCompare(relative: Relative | null): void;
}

const texts = paintingTexts.family;

/** The tree of branches around this painting, with links and comparisons. */
export function Family({ session, compared, onCompare }: Props) {
  const family = useFamily(session);
  const { id, parent, branchedAtStep } = session;
  const orphan = branchedAtStep !== null && parent === null;
  if (!orphan && (family?.length ?? 0) < 2) return null;
  return (
    <section className={styles.family} aria-label={texts.title}>
      <h2 className={headings.part}>{texts.title}</h2>
      {orphan && <p className="note">{texts.orphan(branchedAtStep)}</p>}
      <ul className={styles.tree}>
        {family?.map((place) => (
          <Member
            key={place.member.id}
            place={place}
            here={place.member.id === id}
            step={place.member.id === parent?.id ? branchedAtStep : null}
            on={compared?.id === place.member.id}
            onCompare={onCompare}
          />
        ))}
      </ul>
    </section>
  );
}

interface MemberProps {
  place: Place;
  here: boolean;
  /** The step that the link shows; null for the newest. */
  step: number | null;
  on: boolean;
  onCompare(relative: Relative | null): void;
}

function Member({ place: { member, generation, number }, here, step, on, onCompare }: MemberProps) {
  const { id, branchedAtStep, latestFrame } = member;
  const name = number === "" ? texts.root : texts.branch(number);
  const title = branchedAtStep === null ? name : `${name}, ${texts.from(branchedAtStep)}`;
  return (
    <li className={styles.member} style={{ paddingLeft: `${Math.min(generation, 5)}rem` }} aria-current={here ? "page" : undefined}>
      <span className={`cropped ${styles.picture}`}>
        {latestFrame && <LastingImage src={latestFrame.url} alt="" loading="lazy" decoding="async" />}
      </span>
      {here ? (
        <span className={styles.name}>
          {title} <span className="note">({texts.here})</span>
        </span>
      ) : (
        <Link className={styles.name} href={href(id, step)}>
          {title}
        </Link>
      )}
      {!here && (
        <button
          type="button"
          className={styles.compare}
          aria-pressed={on}
          aria-label={texts.compareWith(name)}
          onClick={() => onCompare(on ? null : { id, name })}
        >
          {texts.compare}
        </button>
      )}
    </li>
  );
}

function href(id: string, step: number | null): string {
  return `/s?${new URLSearchParams({ id, ...(step === null ? {} : { step: String(step) }) })}`;
}
