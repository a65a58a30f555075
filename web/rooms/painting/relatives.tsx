import Link from "next/link";
import type { Painting } from "../../graphql/operations";
import styles from "./relatives.module.css";
import type { Relative } from "./use-relative-picture";

interface Props {
  session: Painting;
  /** The one that this painting is compared with. */
  compared: Relative | null;
  onCompare(relative: Relative | null): void;
}

/** Where a painting was branched from and what was branched from it, to go to and to compare with. */
export function Relatives({ session, compared, onCompare }: Props) {
  const { parent, branchedAtStep, branches } = session;
  if (branchedAtStep === null && branches.length === 0) return null;
  return (
    <section className={styles.relatives} aria-label="Branches">
      <h2 className={styles.title}>Branches</h2>
      <ul className={styles.list}>
        {branchedAtStep !== null && (
          <li className={styles.relative}>
            {parent ? (
              <Link href={href(parent.id, branchedAtStep)}>From step {branchedAtStep} of its parent</Link>
            ) : (
              <span>From step {branchedAtStep} of a painting that was deleted</span>
            )}
            {parent && <CompareButton relative={{ id: parent.id, name: "Parent" }} compared={compared} onCompare={onCompare} />}
          </li>
        )}
        {branches.map(({ id, branchedAtStep: step, title }, place) => (
          <li key={id} className={styles.relative}>
            <Link href={href(id, null)}>
              {title !== session.title && title ? title : `Branch ${place + 1}`}, from step {step}
            </Link>
            <CompareButton relative={{ id, name: `Branch ${place + 1}` }} compared={compared} onCompare={onCompare} />
          </li>
        ))}
      </ul>
    </section>
  );
}

function CompareButton({ relative, compared, onCompare }: { relative: Relative } & Pick<Props, "compared" | "onCompare">) {
  const on = compared?.id === relative.id;
  return (
    <button
      type="button"
      className={styles.compare}
      aria-pressed={on}
      aria-label={`Compare with ${relative.name.toLowerCase()}`}
      onClick={() => onCompare(on ? null : relative)}
    >
      Compare
    </button>
  );
}

function href(id: string, step: number | null): string {
  return `/s?${new URLSearchParams({ id, ...(step === null ? {} : { step: String(step) }) })}`;
}
