import { useEffect, useRef, useState } from "react";
import { type ProgressMark, timeToGo } from "./time-to-go";

/** Time until some work is done, ms; null while there is none, or while it is unknown. */
export function useTimeToGo(progress: number | null): number | null {
  const first = useRef<ProgressMark | null>(null);
  const [left, setLeft] = useState<number | null>(null);
  useEffect(() => {
    if (progress === null) first.current = null;
    const now = { progress: progress ?? 0, at: performance.now() };
    // Work that starts again, such as a restarted download, has a new pace.
    if (progress !== null && (first.current === null || progress < first.current.progress)) first.current = now;
    setLeft(first.current === null ? null : timeToGo(first.current, now));
  }, [progress]);
  return left;
}
