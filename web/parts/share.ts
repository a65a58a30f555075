/** A share from 0 to 1 in percent, rounded down so that it reads 100% only at the end. */
export function formatShare(progress: number | null): string {
  return `${Math.floor((progress ?? 0) * 100)}%`;
}
