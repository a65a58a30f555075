/** The state of an exhibition. `place` counts the paintings of the loop. */
export type KioskState =
  /** A painting is starting: the loop's next one, or a visitor's with their picture and style. */
  | { phase: "starting"; place: number; guest: Guest | null; failures: number }
  | { phase: "painting"; place: number; guest: Guest | null; failures: number; sessionId: string }
  /** A finished painting is on show. `takings` counts how often its visitor asked for it and got it. */
  | { phase: "showing"; place: number; guest: Guest | null; sessionId: string; takings: number }
  /** Something failed; the next painting starts after a pause that grows with each failure. */
  | { phase: "resting"; place: number; failures: number }
  /** A visitor chooses a style. */
  | { phase: "choosing"; place: number }
  /** The camera is about to take the visitor's picture. */
  | { phase: "counting"; place: number; styleUrl: string };

export interface Guest {
  /** Id of the visitor's picture on the server. */
  imageId: string;
  styleUrl: string;
}

export type KioskEvent =
  | { type: "started"; sessionId: string }
  | { type: "finished" }
  /** The painting could not start, failed, or sent nothing for a long time. */
  | { type: "failed" }
  /** The time of the finished painting, or of the pause, is over. */
  | { type: "elapsed" }
  | { type: "visited" }
  | { type: "styled"; styleUrl: string }
  | { type: "taken"; imageId: string }
  /** The visitor whose painting is on show wants to take it home. */
  | { type: "took-home" }
  /** The visitor left or went back, or the camera gave no picture. */
  | { type: "left" };

export const opening: KioskState = { phase: "starting", place: 0, guest: null, failures: 0 };

const FIRST_PAUSE_MS = 2_000;
const LONGEST_PAUSE_MS = 60_000;

/** The pause after some failures in a row, ms. */
export function pauseAfter(failures: number): number {
  return Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** Math.max(0, failures - 1));
}

/** The next state; an event that does not apply to the state changes nothing. */
export function nextKiosk(state: KioskState, event: KioskEvent): KioskState {
  const { place } = state;
  const next = (failures: number): KioskState => ({ phase: "starting", place: place + 1, guest: null, failures });
  switch (event.type) {
    case "started":
      return state.phase === "starting" ? { ...state, phase: "painting", sessionId: event.sessionId } : state;
    case "finished":
      return state.phase === "painting" ? { phase: "showing", place, guest: state.guest, sessionId: state.sessionId, takings: 0 } : state;
    case "took-home":
      return state.phase === "showing" && state.guest ? { ...state, takings: state.takings + 1 } : state;
    case "failed":
      return state.phase === "starting" || state.phase === "painting" ? { phase: "resting", place, failures: state.failures + 1 } : state;
    case "elapsed":
      if (state.phase === "resting") return next(state.failures);
      return state.phase === "showing" ? next(0) : state;
    case "visited":
      return state.phase === "choosing" || state.phase === "counting" ? state : { phase: "choosing", place };
    case "styled":
      return state.phase === "choosing" ? { phase: "counting", place, styleUrl: event.styleUrl } : state;
    case "taken":
      return state.phase === "counting"
        ? { phase: "starting", place, guest: { imageId: event.imageId, styleUrl: state.styleUrl }, failures: 0 }
        : state;
    case "left":
      return state.phase === "choosing" || state.phase === "counting" ? next(0) : state;
  }
}

/** The session on show; null if there is none. */
export function sessionOf(state: KioskState): string | null {
  return state.phase === "painting" || state.phase === "showing" ? state.sessionId : null;
}
