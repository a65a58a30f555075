/** The progress of some work at a time, ms. */
export interface ProgressMark {
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
