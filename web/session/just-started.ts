import type { Session } from "../graphql/operations";

let started: Session | null = null;

/** Hands a session to the page that will show it. */
export function handOver(session: Session): void {
  started = session;
}

/** The session that this page was opened for, if it was started in this tab just now. */
export function justStarted(id: string): Session | null {
  return started?.id === id ? started : null;
}
