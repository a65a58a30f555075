import { useEffect, useRef, useState } from "react";
import { type Mark, timeToGo } from "./time-to-go";

/** ms until some work is done; null while there is none, or it cannot be told yet. */
export function useTimeToGo(progress: number | null): number | null {
  const first = useRef<Mark | null>(null);
  const [left, setLeft] = useState<number | null>(null);
  useEffect(() => {
    if (progress === null) first.current = null;
    const now = { progress: progress ?? 0, at: performance.now() };
    // One that begins anew, since what came was of no use, has a pace of its own.
    if (progress !== null && (first.current === null || progress < first.current.progress)) first.current = now;
    setLeft(first.current === null ? null : timeToGo(first.current, now));
  }, [progress]);
  return left;
}
