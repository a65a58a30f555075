import { starTexts as texts } from "../texts/text-dialog";
import { FailureNotice } from "./notice";
import styles from "./star-button.module.css";
import { useAttempt } from "./use-attempt";

interface Props {
  /** Title of the session. */
  title: string;
  starred: boolean;
  className?: string;
  onStar(starred: boolean): Promise<void>;
}

/** Stars a session, or takes the star away. */
export function StarButton({ title, starred, className = "", onStar }: Props) {
  const { busy, failure, attempt } = useAttempt();
  return (
    <>
      <button
        type="button"
        className={`bare ${styles.star} ${className}`}
        aria-label={texts.star(title)}
        aria-pressed={starred}
        aria-disabled={busy}
        onClick={() => !busy && void attempt(() => onStar(!starred))}
      >
        <svg viewBox="0 0 20 20" aria-hidden="true">
          <path d="M10 2.2l2.4 5 5.4.7-4 3.8 1 5.4-4.8-2.7-4.8 2.7 1-5.4-4-3.8 5.4-.7z" />
        </svg>
      </button>
      <FailureNotice error={failure} />
    </>
  );
}
