import type { Painting } from "../../graphql/operations";

let started: Painting | null = null;

/** Hands a session to the page that will show it. */
export function handOver(painting: Painting): void {
  started = painting;
}

/** The session that this page was opened for, if it was started in this tab just now. */
export function justStarted(id: string): Painting | null {
  return started?.id === id ? started : null;
}
