import type { ReactNode } from "react";
import { messageOf, ServerError } from "../graphql/execute";
import styles from "./notice.module.css";

interface Props {
  children: ReactNode;
  /** Set for notices that need no action. */
  quiet?: boolean;
}

/** A message about a failure, at the place where it happened. */
export function Notice({ children, quiet = false }: Props) {
  return (
    <p className={styles.notice} data-quiet={quiet} role={quiet ? "status" : "alert"}>
      {children}
    </p>
  );
}

/** The message of an error; quiet for a conflict with another page, whose result shows soon. */
export function FailureNotice({ error }: { error: unknown }) {
  if (error === null) return null;
  const quiet = error instanceof ServerError && error.code === "CONFLICT";
  return <Notice quiet={quiet}>{messageOf(error)}</Notice>;
}
