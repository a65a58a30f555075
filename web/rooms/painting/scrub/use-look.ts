import { useState } from "react";
import type { Frame } from "../../../graphql/operations";
import type { SessionState } from "../../../session/session-state";
import { isGap, nearest } from "../../../session/timeline";
import { type Relative, type RelativePicture, useRelativePicture } from "../stage/use-relative-picture";
import { useShownStep } from "./use-shown-step";

/** The picture on show and the one beside it. */
export interface Look {
  /** Null before the first picture, and while an older one is loading. */
  frame: Frame | null;
  /** Step of that frame, or of the one that is loading. */
  step: number;
  /** The same step if it is not the newest one; null for now. */
  past: number | null;
  show(step: number | null): void;
  /** The relative shown beside it, and its picture once it is loaded. */
  compared: Relative | null;
  beside: RelativePicture | null;
  compare(relative: Relative | null): void;
}

/** The choice of the picture on show and of a relative beside it. */
export function useLook({ frame: newest, timeline }: Pick<SessionState, "frame" | "timeline">): Look {
  const [wanted, show] = useShownStep();
  const [compared, compare] = useState<Relative | null>(null);
  const frame = wanted === null ? newest : isGap(timeline, wanted) ? null : nearest(timeline, wanted);
  const step = frame?.step ?? wanted ?? 0;
  const beside = useRelativePicture(compared, step);
  return { frame, step, past: wanted === null ? null : step, show, compared, beside, compare };
}
