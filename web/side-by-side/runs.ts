import type { RunFrame, RunSession } from "../graphql/run-operations";

/** One of several paintings that are shown together. */
export interface Run {
  id: string;
  /** Null until it is loaded. */
  session: RunSession | null;
  /** Kept frames so far, by step. */
  frames: readonly RunFrame[];
  /** Reason why it cannot be shown. */
  failure: string | null;
  connected: boolean;
}

export type RunEvent =
  | { type: "session"; id: string; session: RunSession }
  | { type: "frames"; id: string; frames: readonly RunFrame[] }
  | { type: "connection"; id: string; connected: boolean }
  | { type: "failed"; id: string; message: string };

export function newRuns(ids: readonly string[]): readonly Run[] {
  return ids.map((id) => ({ id, session: null, frames: [], failure: null, connected: true }));
}

export function nextRuns(runs: readonly Run[], event: RunEvent): readonly Run[] {
  return runs.map((run) => (run.id === event.id ? nextRun(run, event) : run));
}

function nextRun(run: Run, event: RunEvent): Run {
  switch (event.type) {
    case "session":
      return { ...run, session: event.session, failure: null };
    case "frames": {
      const last = run.frames.at(-1)?.step ?? -1;
      // After a lost connection some frames may come twice.
      return { ...run, frames: [...run.frames, ...event.frames.filter(({ step }) => step > last)] };
    }
    case "connection":
      return run.connected === event.connected ? run : { ...run, connected: event.connected };
    case "failed":
      return { ...run, failure: event.message };
  }
}

/** How to move through histories of different lengths together: by step, or by share of each one. */
export type Pace = "step" | "share";

/** The common position: a step, or a share (0..1) of each history; null for the newest of each. */
export type Position = { pace: Pace; at: number } | null;

/** Last step of a run so far; -1 before the first. */
export function lastStep({ frames }: Pick<Run, "frames">): number {
  return frames.at(-1)?.step ?? -1;
}

/** The frame that a run shows: the kept frame nearest to the position; null while there is none. */
export function frameAt(run: Pick<Run, "frames">, position: Position): RunFrame | null {
  if (position === null) return run.frames.at(-1) ?? null;
  const wanted = position.pace === "step" ? position.at : position.at * Math.max(0, lastStep(run));
  let best: RunFrame | null = null;
  for (const frame of run.frames) {
    if (best && Math.abs(frame.step - wanted) > Math.abs(best.step - wanted)) break;
    best = frame;
  }
  return best;
}

/** The distinct ids in the address, at most `most`. */
export function parseIds(text: string | null, most: number): string[] {
  return [...new Set((text ?? "").split(",").filter((id) => /^[A-Za-z0-9-]{1,64}$/.test(id)))].slice(0, most);
}
