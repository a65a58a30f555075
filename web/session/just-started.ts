import type { Session } from "../graphql/operations";

let started: Session | null = null;

/** Passes a session to the page that will show it. */
export function handOver(session: Session): void {
  started = session;
}

/** The session of this page, if this tab has just started it. */
export function justStarted(id: string): Session | null {
  return started?.id === id ? started : null;
}
