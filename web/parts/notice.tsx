import type { ReactNode } from "react";
import { messageOf, ServerError } from "../graphql/execute";
import styles from "./notice.module.css";

interface Props {
  children: ReactNode;
  /** For what is nobody's fault and nothing to act on. */
  quiet?: boolean;
}

/** Something went wrong, said where it happened. */
export function Notice({ children, quiet = false }: Props) {
  return (
    <p className={styles.notice} data-quiet={quiet} role={quiet ? "status" : "alert"}>
      {children}
    </p>
  );
}

/** What went wrong, quietly where somebody else was faster: the page shows soon what became of it. */
export function FailureNotice({ error }: { error: unknown }) {
  if (error === null) return null;
  const quiet = error instanceof ServerError && error.code === "CONFLICT";
  return <Notice quiet={quiet}>{messageOf(error)}</Notice>;
}
