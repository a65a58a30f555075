/** An instant of the API for people, such as "1 Dec 2026, 18:00". */
export function momentOf(instant: string): string {
  return new Date(instant).toLocaleString(undefined, { dateStyle: "medium", timeStyle: "short" });
}
