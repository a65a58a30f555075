import { useState } from "react";
import type { Frame } from "../../../graphql/operations";
import type { SessionState } from "../../../session/session-state";
import { isMissing, nearest } from "../../../session/timeline";
import { type Relative, type RelativePicture, useRelativePicture } from "../stage/use-relative-picture";
import { useShownStep } from "./use-shown-step";

/** What somebody looks at. */
export interface Look {
  /** Null before the first picture, and while an older one is asked for. */
  frame: Frame | null;
  /** Step of that frame, or the one that is asked for. */
  step: number;
  /** The same, where it is not the newest one; null for now. */
  past: number | null;
  show(step: number | null): void;
  /** The relative that hangs beside it, and its picture once it is there. */
  compared: Relative | null;
  beside: RelativePicture | null;
  compare(relative: Relative | null): void;
}

/** Which picture of a painting is shown, and beside which other one. */
export function useLook({ frame: newest, timeline }: Pick<SessionState, "frame" | "timeline">): Look {
  const [wanted, show] = useShownStep();
  const [compared, compare] = useState<Relative | null>(null);
  const frame = wanted === null ? newest : isMissing(timeline, wanted) ? null : nearest(timeline, wanted);
  const step = frame?.step ?? wanted ?? 0;
  const beside = useRelativePicture(compared, step);
  return { frame, step, past: wanted === null ? null : step, show, compared, beside, compare };
}
