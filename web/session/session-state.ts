import type { Frame, Painting, Session, SessionStatus } from "../graphql/operations";
import { emptyTimeline, filled, type StepSpan, type Timeline, withFrame as withKeptFrame, withoutStep } from "./timeline";

/** Losses of one step, without weights except for `total`. */
export interface LossPoint {
  step: number;
  total: number;
  content: number;
  style: number;
  tv: number;
}

/** One session as its page knows it. */
export interface SessionState {
  session: Session | null;
  /** Newest frame, by step. */
  frame: Frame | null;
  /** Losses of a painting by step, without duplicates. */
  curve: readonly LossPoint[];
  /** The kept frames that are known. */
  timeline: Timeline;
  connected: boolean;
  /** Why the server knows nothing new: what it stores in cannot be reached. Null while it can. */
  obstacle: string | null;
  /** Whether the session was deleted, on this page or elsewhere, or hidden from this browser. */
  removed: boolean;
  /** Whether the server does not show the session to this browser, or does so no longer. */
  closed: boolean;
  failure: string | null;
}

/** Why a session of this status sends nothing: others are before it, or no worker can run it. */
export type Place = Pick<Session, "status" | "queuePosition" | "waitingReason">;

export type SessionAction =
  | { type: "loaded"; session: Session; curve: readonly LossPoint[] }
  | { type: "changed"; session: Session }
  | { type: "frame"; frame: Frame }
  /** All kept frames of a range of steps. */
  | { type: "filled"; range: StepSpan; frames: readonly Frame[] }
  /** A frame is no longer kept. */
  | { type: "gone"; step: number }
  | { type: "renamed"; title: string }
  | { type: "annotated"; starred: boolean; note: string | null }
  /** What other pages did to the session; `family` is null for a translation. */
  | {
      type: "elsewhere";
      described: Pick<Session, "title" | "starred" | "note" | "approval">;
      family: Pick<Painting, "parent" | "branches"> | null;
    }
  | { type: "place"; place: Place }
  | { type: "obstacle"; message: string }
  | { type: "connection"; connected: boolean }
  | { type: "removed" }
  /** This browser may not see it, or no longer. */
  | { type: "closed"; message: string }
  | { type: "failed"; message: string };

const PACE_FRAMES = 12;

export const nothingYet: SessionState = {
  session: null,
  frame: null,
  curve: [],
  timeline: emptyTimeline,
  connected: true,
  obstacle: null,
  removed: false,
  closed: false,
  failure: null,
};

export function nextState(state: SessionState, event: SessionAction): SessionState {
  switch (event.type) {
    case "loaded":
      return { ...withSession(state, event.session), curve: mergeCurves(event.curve, state.curve), closed: false, failure: null };
    case "changed":
      return withSession(state, event.session);
    case "frame":
      return withFrame(state, event.frame);
    case "filled":
      return { ...state, timeline: filled(state.timeline, event.range, event.frames) };
    case "gone":
      return { ...state, timeline: withoutStep(state.timeline, event.step) };
    case "renamed":
      return state.session ? { ...state, session: { ...state.session, title: event.title } } : state;
    case "annotated":
      return state.session ? { ...state, session: { ...state.session, starred: event.starred, note: event.note } } : state;
    case "elsewhere":
      return state.session ? { ...state, session: { ...state.session, ...event.described, ...event.family } as Session } : state;
    case "place":
      return withPlace(withoutObstacle(state), event.place);
    case "obstacle":
      return withObstacle(state, event.message);
    case "connection":
      return state.connected === event.connected ? state : { ...state, connected: event.connected };
    case "removed":
      return { ...state, removed: true };
    case "closed":
      return { ...nothingYet, removed: state.removed, closed: true, failure: event.message };
    case "failed":
      return { ...state, failure: event.message };
  }
}

/** Whether a session may be deleted: it is over, or does not work for now. */
export function canBeDeleted(status: SessionStatus): boolean {
  return isOver(status) || status === "PAUSED";
}

export function isOver(status: SessionStatus): boolean {
  return status === "COMPLETED" || status === "CANCELLED" || status === "FAILED";
}

/**
 * Wall-clock time per step over the last frames, ms, the same while the session runs and afterwards; with fewer than two
 * frames, the compute time of the last one. Frames of another scale, before `fromStep`, take another time.
 */
export function msPerStep({ timeline, frame }: Pick<SessionState, "timeline" | "frame">, fromStep = 0): number | null {
  const recent = timeline.frames.filter(({ step }) => step >= fromStep).slice(-PACE_FRAMES);
  const first = recent[0];
  const last = recent.at(-1);
  if (!first || !last || last.step === first.step) return frame?.computeMs ?? null;
  return (Date.parse(last.createdAt) - Date.parse(first.createdAt)) / (last.step - first.step);
}

function withObstacle(state: SessionState, message: string): SessionState {
  // Of a session that is over nothing new is to be known. The answer may be older than its end.
  if (state.session && isOver(state.session.status)) return state;
  return state.obstacle === message ? state : { ...state, obstacle: message };
}

function withoutObstacle(state: SessionState): SessionState {
  return state.obstacle === null ? state : { ...state, obstacle: null };
}

function withSession(before: SessionState, session: Session): SessionState {
  const state = withoutObstacle(before);
  const { latestFrame } = session;
  const timeline = latestFrame ? withKeptFrame(state.timeline, latestFrame) : state.timeline;
  return { ...state, session, frame: newer(state.frame, latestFrame), timeline };
}

function withPlace(state: SessionState, place: Place): SessionState {
  const { session } = state;
  // The answer may be older than a change of the status.
  if (session?.status !== place.status) return state;
  if (session.queuePosition === place.queuePosition && session.waitingReason === place.waitingReason) return state;
  return { ...state, session: { ...session, ...place } };
}

function withFrame(before: SessionState, frame: Frame): SessionState {
  const state = withoutObstacle(before);
  const { losses, step } = frame;
  const curve = losses ? mergeCurves(state.curve, [{ step, ...losses }]) : state.curve;
  // What sends a frame does not wait.
  const session = state.session?.waitingReason ? { ...state.session, waitingReason: null } : state.session;
  return { ...state, session, frame: newer(state.frame, frame), curve, timeline: withKeptFrame(state.timeline, frame) };
}

function newer(known: Frame | null, offered: Frame | null): Frame | null {
  return offered && (!known || offered.step > known.step) ? offered : known;
}

/** Both curves merged by step; where both have a step, the point of the first. */
function mergeCurves(curve: readonly LossPoint[], added: readonly LossPoint[]): readonly LossPoint[] {
  const last = curve.at(-1)?.step ?? -1;
  if (added.every(({ step }) => step > last)) return [...curve, ...added];
  const steps = new Set(curve.map(({ step }) => step));
  return [...curve, ...added.filter(({ step }) => !steps.has(step))].sort((a, b) => a.step - b.step);
}
