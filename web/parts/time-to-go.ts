import { useEffect, useRef, useState } from "react";

/** The progress of some work at a time, ms. */
interface ProgressMark {
  /** 0..1 */
  progress: number;
  at: number;
}

/**
 * Time until the work is done at the pace since its first mark, ms; null while there is too little progress to tell.
 */
export function timeToGo(first: ProgressMark, last: ProgressMark): number | null {
  const came = last.progress - first.progress;
  const took = last.at - first.at;
  if (came < 0.01 || took < 1000) return null;
  return (took * (1 - last.progress)) / came;
}

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
